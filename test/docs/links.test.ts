import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { pages, prose, readPage, root } from "./support.ts";

/** As GitHub makes an anchor from a heading. */
function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function links(text: string): string[] {
  const spanless = prose(text).replaceAll(/`[^`\n]*`/g, "");
  return [...spanless.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
}

function isBroken(page: string, target: string): boolean {
  if (/^https?:/.test(target)) return false;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && !anchors(readPage(file)).includes(anchor);
}

test.each(pages())("every link of %s leads somewhere", (page) => {
  expect(links(readPage(page)).filter((target) => isBroken(page, target))).toEqual([]);
});

test("a link to nowhere is found", () => {
  expect(isBroken("docs/errors.md", "nowhere.md")).toBe(true);
  expect(isBroken("docs/errors.md", "scripting.md#nowhere")).toBe(true);
  expect(isBroken("docs/errors.md", "scripting.md#exit-statuses")).toBe(false);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Site } from "./restore-support.ts";
import { backUp } from "./support.ts";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

let site: Site;

beforeEach(async () => {
  site = await Site.make();
});

describe("the target", () => {
  test("may be an empty folder, and parents are made", async () => {
    site.write("a");
    const copy = await backUp(site.source, site.context);
    mkdirSync(site.target);
    await site.restore(copy);
    expect(readdirSync(site.target)).toEqual(["a"]);
    const target = join(site.folder, "new", "and", "deep");
    await site.restore(copy, { target });
    expect(readdirSync(target)).toEqual(["a"]);
  });

  const places: readonly (readonly [string, () => string | undefined])[] = [
    ["a folder with something in it", () => fill(site.target)],
    ["a file", () => fillFile(site.target)],
    ["a symbolic link to an empty folder", () => linkTo(`${site.target}-2`)],
    ["a database", () => "postgresql://localhost/shop"],
    ["a secret", () => "secret:shop_url"],
  ];
  test.for(places)("is refused where it is %s", async ([, make]) => {
    site.write("a");
    const copy = await backUp(site.source, site.context);
    const target = make() ?? site.target;
    const before = site.beside();
    const refused = { code: "USAGE", hint: expect.any(String) };
    await expect(site.restore(copy, { target })).rejects.toMatchObject(refused);
    expect(site.beside()).toEqual(before);
  });

  test("that is to be replaced is swapped, and what was there is kept and named", async () => {
    site.write("new");
    const copy = await backUp(site.source, site.context);
    mkdirSync(site.target);
    writeFileSync(join(site.target, "old"), "kept");
    const report = await site.restore(copy, { replace: true });
    expect(readdirSync(site.target)).toEqual(["new"]);
    const kept = site.beside().find((name) => name.startsWith("target.before-")) ?? "";
    expect(readFileSync(join(site.folder, kept, "old"), "utf8")).toBe("kept");
    expect(report.actions.join("\n")).toContain(join(site.folder, kept));
  });

  test("is not touched by a dry run, which says what would be made", async () => {
    site.write("a/b", "four");
    const copy = await backUp(site.source, site.context);
    const report = await site.restore(copy, { dryRun: true });
    expect(report.bytes).toBe(4);
    expect(report.actions).toEqual([
      expect.stringMatching(/^would restore 1 file, 2 folders/),
      ".",
      "a",
      "a/b",
    ]);
    expect(site.beside()).toEqual([]);
  });

  test("may be restored to twice at once: one wins, nothing is mixed or left", async () => {
    for (let number = 0; number < 50; number += 1) site.write(`${number}`);
    const copy = await backUp(site.source, site.context);
    const ends = await Promise.allSettled([site.restore(copy), site.restore(copy)]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(readdirSync(site.target)).toHaveLength(50);
    expect(site.beside()).toEqual(["target"]);
  });

  test("what a killed restore left beside it is removed by the next one", async () => {
    const script = fileURLToPath(new URL("endless-restore.ts", import.meta.url));
    const child = spawn(process.execPath, [script, site.folder, site.target], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const left = site.beside();
    expect(left).toEqual([expect.stringMatching(/^target\.lastgood-/)]);
    site.write("a");
    const copy = await backUp(site.source, site.context);
    const other = join(site.folder, "target.lastgood-else");
    mkdirSync(other);
    // It still runs: what it has made is not for others to remove.
    await site.restore(copy);
    expect(site.beside().toSorted()).toEqual(
      ["target", ...left, "target.lastgood-else"].toSorted(),
    );
    child.kill("SIGKILL");
    await once(child, "close");
    await site.restore(copy, { replace: true });
    expect(site.beside().filter((name) => left.includes(name))).toEqual([]);
    expect(site.beside()).toContain("target.lastgood-else");
  });
});

function fillFile(path: string): undefined {
  writeFileSync(path, "");
}

function fill(path: string): undefined {
  mkdirSync(path);
  writeFileSync(join(path, "x"), "");
}

function linkTo(path: string): undefined {
  mkdirSync(path);
  symlinkSync(path, site.target);
}

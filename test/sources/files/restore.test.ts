import { runProgram } from "../../support/programs.ts";
import { beforeEach, describe, expect, test } from "vitest";

import {
  addAttributes,
  fingerprint,
  forged,
  makeZoo,
  Site,
  withoutTar,
} from "./restore-support.ts";
import { backUp, runContext } from "./support.ts";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";

let site: Site;

async function* wrong(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("wrong");
}

/** Without what Node cannot do: pipes, and parts of a second to the last digit. */
function asNodeCan(text: string): string {
  const lines = text.split("\n").filter((line) => !/\0p /.test(line));
  return lines.join("\n").replace(/(?<= -?\d+)\.\d+ /g, " ");
}

beforeEach(async () => {
  site = await Site.make();
});

describe("a restored tree", () => {
  test("is as it was: names, types, modes, owners, times to the nanosecond, links", async () => {
    await makeZoo(site);
    if (process.getuid?.() === 0) chownSync(join(site.source, "a"), 12_345, 54_321);
    const before = await fingerprint(site.source);
    const copy = await backUp(site.source, site.context);
    const report = await site.restore(copy);
    expect(await fingerprint(site.target)).toBe(before);
    expect(await fingerprint(site.source)).toBe(before);
    expect(report).toMatchObject({ warnings: [], bytes: expect.any(Number) });
    expect(site.beside()).toEqual(["target"]);
  });

  test("has its holes again", async () => {
    truncateSync(site.write("a", "start"), 50_000_000);
    await site.restore(await backUp(site.source, site.context));
    expect(statSync(join(site.target, "a")).blocks * 512).toBeLessThan(1_000_000);
    expect(readFileSync(join(site.target, "a")).equals(readFileSync(join(site.source, "a")))).toBe(
      true,
    );
  });

  test("has its extended attributes and ACLs again", async (task) => {
    await addAttributes(task, site);
    const copy = await backUp(site.source, site.context);
    await site.restore(copy);
    const again = await backUp(site.target, site.context);
    expect(copy.entry("with attributes").xattrs).toEqual({ "user.note": "AP8K" });
    for (const path of [".", "with attributes", "folder"]) {
      const { xattrs, acl, defaultAcl } = copy.entry(path);
      expect(again.entry(path)).toMatchObject({
        ...(xattrs && { xattrs }),
        ...(acl && { acl }),
        ...(defaultAcl && { defaultAcl }),
      });
    }
    expect(again.entry("folder").defaultAcl).toContain("group:54321:rwx");
  });

  test("without GNU tar has all that Node can set, and the rest is said", async () => {
    await makeZoo(site);
    const before = await fingerprint(site.source);
    const bare = await runContext(site.folder, { env: withoutTar });
    const report = await site.restore(await backUp(site.source, bare), { context: bare });
    expect(asNodeCan(await fingerprint(site.target))).toBe(asNodeCan(before));
    expect(lstatSync(join(site.target, "relative")).mtimeMs).toBeCloseTo(981_173_106_123.456, 2);
    expect(report.warnings).toEqual([
      expect.stringContaining("microsecond"),
      expect.stringContaining("1 FIFOs"),
    ]);
    expect(statSync(join(site.target, "holes")).blocks * 512).toBeLessThan(1_000_000);
  });

  test("is the picked file alone, with the folders above it", async () => {
    for (const name of ["etc/hosts", "etc/other", "etc/deep/x", "var/log"]) site.write(name);
    chmodSync(join(site.source, "etc"), 0o711);
    const copy = await backUp(site.source, site.context);
    const report = await site.restore(copy, { picked: { paths: ["etc/hosts", "etc/deep"] } });
    expect(readdirSync(site.target)).toEqual(["etc"]);
    expect(readdirSync(join(site.target, "etc")).toSorted()).toEqual(["deep", "hosts"]);
    expect(readdirSync(join(site.target, "etc/deep"))).toEqual(["x"]);
    expect(statSync(join(site.target, "etc")).mode & 0o777).toBe(0o711);
    expect(report.bytes).toBe("etc/hosts".length + "etc/deep/x".length);
  });

  test("is what a pattern selects", async () => {
    for (const name of ["a/one.txt", "a/two.bin", "b/three.txt"]) site.write(name);
    const copy = await backUp(site.source, site.context);
    await site.restore(copy, { picked: { entries: ({ path }) => path.endsWith(".txt") } });
    const { stdout } = await runProgram("find", [site.target, "-type", "f", "-printf", "%P\n"]);
    expect(stdout.split("\n").toSorted()).toEqual(["", "a/one.txt", "b/three.txt"]);
  });

  test("has a picked name of a file whose first name was not picked", async () => {
    linkSync(site.write("a"), join(site.source, "b"));
    linkSync(site.write("a"), join(site.source, "c"));
    await site.restore(await backUp(site.source, site.context), { picked: { paths: ["b", "c"] } });
    expect(readdirSync(site.target).toSorted()).toEqual(["b", "c"]);
    expect(statSync(join(site.target, "b")).ino).toBe(statSync(join(site.target, "c")).ino);
    expect(readFileSync(join(site.target, "b"), "utf8")).toBe("a");
  });

  test("a path that is not in the backup is refused", async () => {
    site.write("a");
    const copy = await backUp(site.source, site.context);
    const restoring = site.restore(copy, { picked: { paths: ["b"] } });
    await expect(restoring).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(site.beside()).toEqual([]);
  });
});

describe("a restore that fails leaves nothing", () => {
  test.for([
    ["with GNU tar", {}],
    ["without", withoutTar],
  ] as const)("when content is corrupt, %s", async ([, env]) => {
    site.write("a", "good");
    site.write("b", Buffer.alloc(2_000_000, "bad"));
    const copy = await backUp(site.source, site.context);
    const { content } = copy.entry("b");
    const bytes = copy.contents.get(content?.sha256 ?? "");
    if (bytes === undefined) throw new Error("no content");
    bytes[1_500_000] = 0;
    const told = await runContext(site.folder, { env });
    await expect(site.restore(copy, { context: told })).rejects.toMatchObject({ code: "CORRUPT" });
    expect(site.beside()).toEqual([]);
  });

  test("when it is interrupted", async () => {
    for (let number = 0; number < 20; number += 1) site.write(`${number}`);
    chmodSync(join(site.source), 0o500);
    const copy = await backUp(site.source, site.context);
    const stop = new AbortController();
    const open = copy.open.bind(copy);
    copy.open = (content) => {
      stop.abort(new Error("stopped"));
      return open(content);
    };
    const restoring = site.restore(copy, { context: { ...site.context, signal: stop.signal } });
    await expect(restoring).rejects.toThrow("stopped");
    expect(site.beside()).toEqual([]);
  });

  test("when what was written reads back differently", async () => {
    const copy = await forged({ path: ".", type: "directory" }, { path: "a", text: "right" });
    const [, entry] = copy.list;
    if (entry?.content === undefined) throw new Error("no content");
    // A reader that does not keep its promise stands in for a disk that does not.
    copy.contents.set(entry.content.sha256, Buffer.from("wrong"));
    copy.open = wrong;
    await expect(site.restore(copy)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(site.beside()).toEqual([]);
  });
});

import { beforeEach, describe, expect, test } from "vitest";

import { forged, type ForgedEntry, Site } from "./restore-support.ts";
import { backUp } from "./support.ts";
import { mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

let site: Site;

beforeEach(async () => {
  site = await Site.make();
});

describe("nothing is written of", () => {
  const here = { path: ".", type: "directory" } as const;
  const lists: readonly (readonly [string, readonly ForgedEntry[]])[] = [
    ["a name that climbs", [here, { path: "../evil", text: "x" }]],
    ["a name that climbs on the way", [here, { path: "a" }, { path: "a/../../evil", text: "x" }]],
    ["an absolute name", [{ path: "/etc/evil", text: "x" }]],
    ["an empty name", [here, { path: "a//b", text: "x" }]],
    ["a name with NUL", [here, { path: "a\0b", text: "x" }]],
    [
      "a file below a symbolic link",
      [here, { path: "a", type: "symlink", target: "b" }, { path: "a/evil", text: "x" }],
    ],
    ["a file below a file", [here, { path: "a", text: "x" }, { path: "a/evil", text: "x" }]],
    ["a file whose folder is missing", [here, { path: "a/evil", text: "x" }]],
    ["a name that comes twice", [here, { path: "a", text: "x" }, { path: "a", text: "y" }]],
    [
      "a link to a name out of the tree",
      [here, { path: "a", text: "x", hardLink: "../../etc/passwd" }],
    ],
    ["a link to what is not there", [here, { path: "b", text: "x", hardLink: "a" }]],
    [
      "a link to a symbolic link",
      [here, { path: "a", type: "symlink", target: "b" }, { path: "c", text: "x", hardLink: "a" }],
    ],
    ["a top that is a link", [{ path: ".", type: "symlink", target: "/etc" }]],
  ];
  test.for(lists)("%s", async ([, entries]) => {
    const restoring = site.restore(await forged(...entries));
    await expect(restoring).rejects.toMatchObject({ code: "CORRUPT", hint: expect.any(String) });
    expect(site.beside()).toEqual([]);
  });

  const ways: readonly (readonly [string, readonly ForgedEntry[]])[] = [
    ["an absolute link", [here, { path: "a", type: "symlink", target: "/etc/passwd" }]],
    [
      "a link that climbs out",
      [here, { path: "a" }, { path: "a/b", type: "symlink", target: "../../x" }],
    ],
    [
      "a link that climbs out by way of another",
      [
        here,
        { path: "a" },
        { path: "a/b" },
        { path: "a/b/same", type: "symlink", target: "." },
        { path: "out", type: "symlink", target: "a/b/same/../../.." },
      ],
    ],
  ];
  test.for(ways)("%s, unless that is allowed", async ([, entries]) => {
    const copy = await forged(...entries);
    const refused = { code: "USAGE", hint: expect.stringContaining("allow-outside-links") };
    await expect(site.restore(copy)).rejects.toMatchObject(refused);
    expect(site.beside()).toEqual([]);
    await site.restore(copy, { options: { "allow-outside-links": true } });
    const link = copy.list.at(-1);
    expect(readlinkSync(join(site.target, link?.path ?? ""))).toBe(link?.target);
  });

  test("a link that stays inside is no such thing", async () => {
    mkdirSync(join(site.source, "a/b"), { recursive: true });
    symlinkSync("../../c/../a/./b", join(site.source, "a/b/up"));
    symlinkSync("loop", join(site.source, "loop"));
    await site.restore(await backUp(site.source, site.context));
    expect(readlinkSync(join(site.target, "a/b/up"))).toBe("../../c/../a/./b");
  });

  test("more than there is room for", async () => {
    const copy = await forged(here, { path: "a", text: "x" });
    const [, entry] = copy.list;
    if (entry?.content === undefined) throw new Error("no content");
    copy.list[1] = { ...entry, content: { ...entry.content, size: 2 ** 52 } };
    await expect(site.restore(copy)).rejects.toMatchObject({ code: "USAGE" });
    expect(site.beside()).toEqual([]);
  });

  test("an option that there is not", async () => {
    const copy = await forged(here);
    await expect(site.restore(copy, { options: { "no-owner": true } })).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

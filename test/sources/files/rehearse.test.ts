import { beforeEach, describe, expect, test } from "vitest";
import { filesSource } from "../../../src/sources/files/index.ts";
import { addAttributes, makeZoo, Site } from "./restore-support.ts";
import { backUp } from "./support.ts";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

let site: Site;

beforeEach(async () => {
  site = await Site.make();
});

describe("a rehearsal", () => {
  test("finds nothing where all comes back, with all its metadata, and leaves nothing", async (task) => {
    await makeZoo(site);
    symlinkSync("/etc/passwd", join(site.source, "absolute"));
    await addAttributes(task, site);
    const copy = await backUp(site.source, site.context);
    expect(await filesSource.rehearse(copy, site.context)).toEqual([]);
    expect(readdirSync(site.context.scratchFolder).filter((name) => name !== "tar-marks")).toEqual(
      [],
    );
  });

  test("finds content that is corrupt", async () => {
    site.write("a", Buffer.alloc(2_000_000, "bad"));
    const copy = await backUp(site.source, site.context);
    const bytes = copy.contents.get(copy.entry("a").content?.sha256 ?? "");
    if (bytes === undefined) throw new Error("no content");
    bytes[10] = 0;
    expect(await filesSource.rehearse(copy, site.context)).toEqual([
      expect.objectContaining({ result: "corrupt" }),
    ]);
  });

  test("says what it could not bring back", async (task) => {
    await addAttributes(task, site);
    const copy = await backUp(site.source, site.context);
    const { mtime, ...entry } = copy.entry("with attributes");
    copy.list[copy.list.findIndex(({ path }) => path === "with attributes")] = {
      ...entry,
      mtime,
      acl: "user::rwx\nuser:12345:rwx\ngroup::---\nmask::r--\nother::---",
      mode: 0o777,
    };
    const findings = await filesSource.rehearse(copy, site.context);
    expect(findings).toContainEqual(
      expect.objectContaining({ result: "could_not_check", what: "with attributes" }),
    );
  });
});

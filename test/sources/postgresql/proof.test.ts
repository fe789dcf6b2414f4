import { describe, expect, test, type TestContext } from "vitest";
import { decode } from "../../../src/sources/postgresql/decode.ts";
import { rehearse } from "../../../src/sources/postgresql/rehearse.ts";
import { clientProgram } from "../../support/programs.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { testContext } from "../support.ts";
import { backUpUrl, databaseWith, zoo, type Backup } from "./support.ts";

async function zooBackup(context: TestContext): Promise<Backup> {
  await clientProgram(context, "pg_restore");
  await using source = await databaseWith(
    `${zoo}; create extension hstore;
    create table with_extension (h hstore default 'a=>1');
    create event trigger nothing on ddl_command_end execute function event_nothing()`.replace(
      "create event trigger",
      `create function event_nothing() returns event_trigger language plpgsql as 'begin end';
     create event trigger`,
    ),
  );
  return await backUpUrl(source.url, { settings: { globals: "true" } });
}

/** Puts other bytes in the place of what matches. */
function damage({ copy }: Backup, path: RegExp, change: (bytes: Buffer) => Buffer): void {
  const entry = copy.entries.find((each) => path.test(each.path));
  const sha256 = String(entry?.content?.sha256);
  const bytes = copy.contents.get(sha256);
  if (bytes === undefined) throw new Error(`there is no ${path.source}`);
  copy.contents.set(sha256, change(Buffer.from(bytes)));
}

describe("decoding", () => {
  test("finds nothing wrong with a whole backup", async (context) => {
    const backup = await zooBackup(context);
    expect(await decode(backup.reader, await testContext())).toEqual([]);
  });

  test("finds a damaged table of contents", async (context) => {
    const backup = await zooBackup(context);
    const entry = backup.copy.entries.find(({ path }) => path.endsWith("/toc.dat"));
    const bytes = backup.copy.contents.get(String(entry?.content?.sha256)) ?? Buffer.alloc(0);
    // As if it had been stored so: hashes agree, the format does not.
    const { createHash } = await import("node:crypto");
    const cut = bytes.subarray(0, 5000);
    const sha256 = createHash("sha256").update(cut).digest("hex");
    backup.copy.contents.set(sha256, cut);
    const reader = {
      ...backup.reader,
      async *entries(prefix?: string) {
        for await (const each of backup.reader.entries(prefix)) {
          yield each === entry ? { ...each, content: { size: 5000, sha256, segments: [] } } : each;
        }
      },
    };
    expect(await decode(reader, await testContext())).toEqual([
      expect.objectContaining({ result: "corrupt", reason: expect.stringContaining("pg_restore") }),
    ]);
  });

  test("finds roles that were cut off", async (context) => {
    const backup = await zooBackup(context);
    const { createHash } = await import("node:crypto");
    const cut = Buffer.from(backup.copy.text("globals.sql").slice(0, 200));
    const sha256 = createHash("sha256").update(cut).digest("hex");
    backup.copy.contents.set(sha256, cut);
    const reader = {
      ...backup.reader,
      find: async (path: string) =>
        path === "globals.sql"
          ? { ...backup.copy.entries[0], path, content: { size: 200, sha256, segments: [] } }
          : await backup.reader.find(path),
    } as Backup["reader"];
    expect(await decode(reader, await testContext())).toEqual([
      expect.objectContaining({ result: "corrupt", what: "globals.sql" }),
    ]);
  });

  test("could not check without pg_restore", async (context) => {
    const backup = await zooBackup(context);
    const run = await testContext({ LASTGOOD_PG_BINDIR: await temporaryFolder() });
    expect(await decode(backup.reader, run)).toEqual([
      expect.objectContaining({ result: "could_not_check" }),
    ]);
  });
});

describe("a rehearsal", () => {
  test("restores everything into a server of its own", { timeout: 180_000 }, async (context) => {
    const backup = await zooBackup(context);
    expect(await rehearse(backup.reader, await testContext())).toEqual([]);
  });

  test("finds data that does not fit its table", { timeout: 180_000 }, async (context) => {
    const backup = await zooBackup(context);
    damage(backup, /\d\.dat$/, (bytes) => Buffer.concat([Buffer.from("x\n"), bytes]));
    expect(await rehearse(backup.reader, await testContext())).toEqual([
      expect.objectContaining({ result: "corrupt" }),
    ]);
  });

  test("could not check where no server is installed", async (context) => {
    const backup = await zooBackup(context);
    const versionNum = 990_000;
    const path = backup.copy.entries.find((entry) => entry.path.endsWith("graph.json"))?.path ?? "";
    const graph = {
      ...JSON.parse(backup.copy.text(path)),
      server: { version: "99", versionNum, isStandby: false },
    };
    const reader = {
      ...backup.reader,
      find: () => Promise.resolve({ content: { size: 1, sha256: "", segments: [] } }),
      async *open() {
        yield Buffer.from(JSON.stringify(graph));
      },
    } as unknown as Backup["reader"];
    expect(await rehearse(reader, await testContext())).toEqual([
      expect.objectContaining({ result: "could_not_check" }),
    ]);
  });
});

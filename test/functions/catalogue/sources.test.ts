import { describe, expect, test } from "vitest";
import { Sources } from "../../../src/admin/sources.ts";
import { NotFoundError } from "../../../src/errors.ts";
import { SourceDao } from "../../../src/dao/source.ts";
import { Backups } from "../../../src/admin/backups.ts";
import { addCatalogue, codeOf, endLeases, eventsOf, makeBackup } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

async function scopesOf(fqdn: string): Promise<string[] | null> {
  const { rows } = await session.client.query<{ required_scopes: string[] | null }>(
    "select required_scopes from lastgood.system where fqdn = $1",
    [fqdn],
  );
  return rows[0]?.required_scopes ?? null;
}

describe("adding a source", () => {
  const shop = { name: "shop", type: "files", fqdn: "a.test" };

  test("makes a new system known, with its scope alone", async () => {
    await new Sources(session.client).add({ ...shop, scope: "dwh", settings: { path: "/srv" } });
    expect(await scopesOf("a.test")).toEqual(["dwh"]);
    expect(await new SourceDao(session.client).getSources()).toMatchObject([
      { ...shop, scope: "dwh", settings: { path: "/srv" }, backups: 0, last_backup_id: null },
    ]);
    expect(await eventsOf(session.client, "LASTGOOD_SOURCE_ADDED")).toMatchObject([
      { fqdn: "a.test", scope: "dwh", message: expect.stringContaining('"shop"') as string },
    ]);
  });

  test.each([
    ["adds the scope to those of its own", "array['x']", "files", ["x", "files"]],
    ["changes nothing where it is one of its own", "array['x', 'files']", "files", ["x", "files"]],
    ["adds the scope to those of the config", "null", "dwh", ["db", "files", "dwh"]],
    ["lets a system follow the config where that has the scope", "null", "files", null],
  ])("of a known system: %s", async (_name, known, scope, required) => {
    await session.client.query(`select lastgood.add_system('a.test', ${known})`);
    await new Sources(session.client).add({ ...shop, scope });
    expect(await scopesOf("a.test")).toEqual(required);
  });

  test.each([
    ["LG003", "'a', 'files', 'a.test', ''"],
    ["LG003", "'a', 'files', 'a.test', null"],
    ["LG006", "'a', 'files', null, 'db'"],
    ["LG006", "'a', 'files', repeat('x', 256), 'db'"],
    ["LG020", "'a', 'nope', 'a.test', 'db'"],
    ["LG020", "'a', null, 'a.test', 'db'"],
    ["LG021", "null, 'files', 'a.test', 'db'"],
    ["LG021", "'', 'files', 'a.test', 'db'"],
    ["LG021", "'../a', 'files', 'a.test', 'db'"],
    ["LG021", "'.a', 'files', 'a.test', 'db'"],
    ["LG021", "'a b', 'files', 'a.test', 'db'"],
    ["LG021", "'42', 'files', 'a.test', 'db'"],
    ["LG021", "repeat('x', 64), 'files', 'a.test', 'db'"],
    ["LG021", "E'a\\nb', 'files', 'a.test', 'db'"],
    ["LG022", "'etc', 'files', 'a.test', 'db'"],
    ["LG025", "'a', 'files', 'a.test', 'db', '[]'"],
    ["LG025", "'a', 'files', 'a.test', 'db', null"],
  ])("%s for %s, and nothing is left", async (code, values) => {
    await addCatalogue(session.client);
    expect(await codeOf(session.client, `select lastgood.add_source(${values})`)).toBe(code);
    expect(await scopesOf("a.test")).toBeNull();
    expect(await new SourceDao(session.client).getSources()).toHaveLength(1);
  });
});

describe("deleting a source", () => {
  test("leaves its backups and its scope, and its name is free again", async () => {
    await addCatalogue(session.client);
    const sources = new Sources(session.client);
    const { name } = await makeBackup(session.client);
    await sources.delete("etc");
    expect(await new SourceDao(session.client).getSources()).toEqual([]);
    expect(await scopesOf("engine.test")).toEqual(["files"]);
    expect(
      (await session.client.query("select name, source from lastgood.backup_summary")).rows,
    ).toEqual([{ name, source: "etc" }]);
    const [event] = await eventsOf(session.client, "LASTGOOD_SOURCE_DELETED");
    expect(event?.message).toContain('still requires scope "files"');
    expect(await codeOf(session.client, "select lastgood.start_backup('etc')")).toBe("LG028");
    await sources.add({ name: "etc", type: "files", fqdn: "engine.test", scope: "files" });
    expect((await new SourceDao(session.client).getSource("etc")).backups).toBe(0);
  });

  test("is refused while a backup of it runs, and for one that is not there", async () => {
    await addCatalogue(session.client);
    const backups = new Backups(session.client);
    await backups.start({ source: "etc" });
    expect(await codeOf(session.client, "select lastgood.delete_source('etc')")).toBe("LG029");
    await endLeases(session.client);
    await backups.reap();
    expect(await codeOf(session.client, "select lastgood.delete_source('etc')")).toBeUndefined();
    expect(await codeOf(session.client, "select lastgood.delete_source('etc')")).toBe("LG028");
    await expect(new SourceDao(session.client).getSource("etc")).rejects.toThrow(NotFoundError);
  });
});

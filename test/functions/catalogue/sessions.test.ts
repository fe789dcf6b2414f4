import type { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { Packs } from "../../../src/admin/packs.ts";
import { addCatalogue, copyId, endLeases, makeBackup, packName } from "../../support/catalogue.ts";
import { copyTemplate, type TestDatabase } from "../../support/database.ts";
import * as locks from "../../support/locks.ts";

// Two sessions at once. Who waits for whom is seen in pg_stat_activity.

let database: TestDatabase;
let first: Client;
let second: Client;
let watcher: Client;

beforeEach(async () => {
  database = await copyTemplate();
  [first, second, watcher] = await Promise.all([
    database.connect(),
    database.connect(),
    database.connect(),
  ]);
  await addCatalogue(watcher);
});
afterEach(() => database.drop());

async function inTurn<T>(work: () => Promise<unknown>, other: () => Promise<T>): Promise<T> {
  return await locks.inTurn({ first, second, watcher }, work, other);
}

async function vaultId(): Promise<number> {
  const { rows } = await watcher.query<{ id: string }>(
    "select lastgood.find_provider('vault') as id",
  );
  return Number(rows[0]?.id);
}

/** A pack that only a failed backup names, and a backup that runs. */
async function orphan(name: string): Promise<StartedBackup> {
  const backups = new Backups(watcher);
  await makeBackup(watcher, { packs: { [name]: 900 } });
  await makeBackup(watcher);
  const [old] = (await watcher.query("select min(backup_id)::integer as id from lastgood.backup"))
    .rows as { id: number }[];
  const { copies } = await backups.startDelete(old?.id ?? 0);
  for (const copy of copies) await backups.finishCopyDelete(copy.backup_copy_id);
  return await backups.start({ source: "etc" });
}

test("a pack that is used first is not claimed", async () => {
  const name = packName();
  const running = await orphan(name);
  const vault = await vaultId();
  const { packs } = await inTurn(
    async () => new Backups(first).usePacks(copyId(running), running.token, [name]),
    async () => new Packs(second).claimLeftovers(vault),
  );
  expect(packs).toEqual([]);
});

test("a pack that is claimed first is not used", async () => {
  const name = packName();
  const running = await orphan(name);
  const vault = await vaultId();
  const granted = await inTurn(
    async () => new Packs(first).claimLeftovers(vault),
    async () => new Backups(second).usePacks(copyId(running), running.token, [name]),
  );
  expect(granted).toEqual([]);
  expect((await new Packs(watcher).claimLeftovers(vault)).packs).toEqual([name]);
});

test("two that start a backup of one name at once: one waits, and is refused", async () => {
  await expect(
    inTurn(
      async () => new Backups(first).start({ source: "etc", name: "wanted" }),
      async () => new Backups(second).start({ source: "etc", name: "wanted" }),
    ),
  ).rejects.toMatchObject({ code: "LG022" });
});

test("two that want a name of one base at once: each gets its own, and neither waits", async () => {
  const free = "select lastgood.free_backup_name('nightly') as name";
  await first.query("begin");
  await second.query("begin");
  expect((await first.query(free)).rows).toEqual([{ name: "nightly" }]);
  expect((await second.query(free)).rows).toEqual([{ name: "nightly-2" }]);
  await first.query("commit");
  await second.query("commit");
});

test("a parent that is being deleted is no parent; one that is built on is not deleted", async () => {
  const old = await makeBackup(watcher);
  await makeBackup(watcher, { missing: [{ path: "a", reason: "gone" }] });
  await makeBackup(watcher);
  const child = async (client: Client): Promise<StartedBackup> =>
    new Backups(client).start({ source: "etc", parentId: old.backup_id });
  const running = inTurn(
    async () => child(first),
    async () => new Backups(second).startDelete(old.backup_id),
  );
  await expect(running).rejects.toMatchObject({ code: "LG040" });
  await new Backups(watcher).fail(...(await runningOne()), "x");
  const late = inTurn(
    async () => new Backups(first).startDelete(old.backup_id),
    async () => child(second),
  );
  await expect(late).rejects.toMatchObject({ code: "LG033" });
});

async function runningOne(): Promise<[number, string]> {
  const { rows } = await watcher.query<{ id: number; token: string }>(
    "select backup_id::integer as id, token from lastgood.backup where state = 'RUNNING'",
  );
  return [rows[0]?.id ?? 0, rows[0]?.token ?? ""];
}

test("two deletions at once do not take the last two good ones", async () => {
  const old = await makeBackup(watcher);
  const newer = await makeBackup(watcher);
  const [copy] = newer.copies;
  const gone = inTurn(
    async () =>
      new Backups(first).recordVerification(copy?.backup_copy_id ?? 0, {
        level: 2,
        result: "corrupt",
      }),
    async () => new Backups(second).startDelete(old.backup_id),
  );
  await expect(gone).rejects.toMatchObject({ code: "LG043" });
});

test("two that reap at once end each backup once, and neither waits", async () => {
  await new Backups(watcher).start({ source: "etc" });
  await endLeases(watcher);
  await first.query("begin");
  expect(await new Backups(first).reap()).toHaveLength(1);
  expect(await new Backups(second).reap()).toEqual([]);
  await first.query("commit");
});

test("a source is not deleted under a backup that starts, nor a provider", async () => {
  const start = async (): Promise<unknown> => new Backups(first).start({ source: "etc" });
  await expect(
    inTurn(start, async () => second.query("select lastgood.delete_source('etc')")),
  ).rejects.toMatchObject({ code: "LG029" });
  await new Backups(watcher).fail(...(await runningOne()), "x");
  await expect(
    inTurn(start, async () => second.query("select lastgood.delete_provider('vault')")),
  ).rejects.toMatchObject({ code: "LG027" });
});

test("two sources of a new system, added at once: both scopes are required", async () => {
  const add = "select lastgood.add_source($1, 'files', 'new.test', $1)";
  await inTurn(
    async () => first.query(add, ["one"]),
    async () => second.query(add, ["two"]),
  );
  const { rows } = await watcher.query(
    "select required_scopes from lastgood.system where fqdn = 'new.test'",
  );
  expect(rows).toEqual([{ required_scopes: ["one", "two"] }]);
});

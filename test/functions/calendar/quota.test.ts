import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { Retention } from "../../../src/admin/retention.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  endLeases,
  makeBackup,
  packName,
  seal,
  sealed,
} from "../../support/catalogue.ts";
import { addSchedule } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

async function limit(backups: number | null, bytes: number | null = null): Promise<void> {
  await session.client.query(
    "update lastgood.provider set max_backups = $1, max_bytes = $2 where name = 'vault'",
    [backups, bytes],
  );
}

const start = async (providers = ["vault"]): Promise<StartedBackup> =>
  await new Backups(session.client).start({ source: "etc", providers });

const refused = async (providers?: string[]): Promise<string | undefined> =>
  await codeOf(session.client, async () => await start(providers));

describe("a provider that may keep so many backups", () => {
  test("takes as many, and no more", async () => {
    await limit(2);
    for (let count = 0; count < 2; count += 1) await makeBackup(session.client);
    expect(await refused()).toBe("LG053");
  });

  test("counts one that is being made, and what is left of one that failed", async () => {
    await limit(1);
    const running = await start();
    await new Backups(session.client).beginCopy(copyId(running), running.token, []);
    expect(await refused()).toBe("LG053");
    await endLeases(session.client);
    await new Backups(session.client).reap();
    expect(await refused()).toBe("LG053");
    await session.client.query("update lastgood.backup_copy set state = 'DELETED'");
    expect(await refused()).toBeUndefined();
  });

  test("counts one that could not be deleted, and one that is deleted no more", async () => {
    await limit(2);
    const old = await makeBackup(session.client);
    await makeBackup(session.client);
    const backups = new Backups(session.client);
    await backups.startDelete(old.backup_id);
    await backups.finishCopyDelete(copyId(old), "no disk");
    expect(await refused()).toBe("LG053");
    await backups.finishCopyDelete(copyId(old));
    expect(await refused()).toBeUndefined();
  });

  test("of several, one that is full refuses all", async () => {
    await session.client.query("select lastgood.add_provider('far', 'debug')");
    await limit(1);
    await makeBackup(session.client, { providers: ["vault"] });
    expect(await refused(["far", "vault"])).toBe("LG053");
    expect(await refused(["far"])).toBeUndefined();
    const { rows } = await session.client.query("select from lastgood.backup");
    expect(rows).toHaveLength(2);
  });

  test("where few of a source fit, does not count the one that gives way", async () => {
    await session.client.query(`
      insert into lastgood.provider_type (type, keeps, max_backups, layouts, description)
      values ('two', 'any', 2, '{ovf-store}', 'keeps two');
      select lastgood.add_provider('store', 'two');
      update lastgood.provider set max_backups = 2 where name = 'store'`);
    const providers = ["store"];
    for (let count = 0; count < 2; count += 1) await makeBackup(session.client, { providers });
    // As that layout calls them.
    await session.client.query(
      "update lastgood.backup_copy set manifest_key = 'etc/' || backup_id",
    );
    expect(await refused(providers)).toBeUndefined();
  });
});

describe("a provider that may keep so many bytes", () => {
  test("takes backups until it has them", async () => {
    await limit(null, 1101);
    // A manifest of 100 bytes and a pack of 1000.
    await makeBackup(session.client, { packs: { [packName()]: 900 } });
    const more = await makeBackup(session.client);
    expect(more.name).toMatch(/^etc-/);
    expect(await refused()).toBe("LG053");
  });
});

test("60 runs under a quota of 50 and 40 that are kept: none fails", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 40 });
  await limit(50);
  const db = session.client;
  const backups = new Backups(db);
  const states = new Set<string>();
  for (let run = 0; run < 60; run += 1) {
    await db.query("select lastgood.run_schedule($1)", [schedule]);
    const { rows } = await db.query<{ e: { execution_id: number; token: string } }>(
      "select lastgood.claim_execution('worker', 'host') as e",
    );
    const own = [rows[0]?.e.execution_id, rows[0]?.e.token];
    const begun = await db.query<{ b: StartedBackup }>(
      "select lastgood.start_execution_backup($1, $2) as b",
      own,
    );
    const started = begun.rows[0]?.b;
    if (started === undefined) throw new Error("nothing was started");
    await backups.sealCopy(copyId(started), started.token, sealed());
    await seal(db, started);
    const ended = await db.query<{ state: string }>(
      "select lastgood.finish_execution($1, $2) as state",
      own,
    );
    states.add(ended.rows[0]?.state ?? "");
    const { copies } = await new Retention(db).expire(schedule);
    for (const copy of copies) await backups.finishCopyDelete(copy.backup_copy_id);
  }
  expect([...states]).toEqual(["SUCCESS"]);
  const kept = await db.query("select from lastgood.backup where state = 'COMPLETE'");
  expect(kept.rows).toHaveLength(40);
}, 60_000);

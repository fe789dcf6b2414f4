import { beforeEach, describe, expect, test } from "vitest";
import { Backups, type StartBackup } from "../../../src/admin/backups.ts";
import type { FoundRoom, StartedBackup } from "../../../src/admin/described.ts";
import { BackupDao } from "../../../src/dao/backup.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  endLeases,
  eventsOf,
  seal,
  sealed,
  statesOf,
  strange,
} from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;

beforeEach(async () => {
  await addCatalogue(session.client);
  // A type that keeps two of anything: what is tested is room, and not machines.
  await session.client.query(`
    insert into lastgood.provider_type (type, keeps, max_backups, layouts, description)
    values ('two', 'any', 2, '{ovf-store}', 'keeps two');
    select lastgood.add_provider('store', 'two')`);
  backups = new Backups(session.client);
});

const start = async (more: Partial<StartBackup> = {}): Promise<StartedBackup> =>
  await backups.start({ source: "etc", providers: ["store"], ...more });

const slots = ["etc/ovf_store_0.json", "etc/ovf_store_1.json"];

/** Seals the copy at the store in the first slot that is free, as the layout does. */
async function finish(
  backup: StartedBackup,
  missing: readonly { readonly path: string; readonly reason: string }[] = [],
): Promise<void> {
  for (const { backup_copy_id: id, provider } of backup.copies) {
    const kept = keysOf(await backups.makeRoom(id, backup.token));
    const key = slots.find((slot) => !kept.includes(slot)) ?? "none";
    const manifestKey = provider === "store" ? key : "manifests/a.manifest";
    await backups.sealCopy(id, backup.token, { ...sealed(), manifestKey });
  }
  await seal(session.client, backup, missing);
}

async function make(more: Partial<StartBackup> = {}): Promise<StartedBackup> {
  const backup = await start(more);
  await finish(backup);
  return backup;
}

const keysOf = ({ stay }: FoundRoom): (string | null)[] => stay.map((copy) => copy.manifest_key);

const storeCopy = (backup: StartedBackup): number => copyId(backup, "store");

async function slotOf(backup: StartedBackup): Promise<string | null | undefined> {
  const [copy] = await new BackupDao(session.client).getCopiesById([storeCopy(backup)]);
  return copy?.manifest_key;
}

const refused = async (more: Partial<StartBackup> = {}): Promise<string | undefined> =>
  await codeOf(session.client, async () => await start(more));

describe("a provider that keeps two", () => {
  test("lets the oldest give way at the last moment, and its backup with it", async () => {
    const [first, second] = [await make(), await make()];
    expect([await slotOf(first), await slotOf(second)]).toEqual(slots);
    const third = await start();
    const found = await backups.findRoom(storeCopy(third), third.token);
    expect(found).toMatchObject({
      outgoing: { backup_copy_id: storeCopy(first) },
      stay: [{ manifest_key: slots[1] }],
    });
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
    expect(keysOf(await backups.makeRoom(storeCopy(third), third.token))).toEqual([slots[1]]);
    expect(await statesOf(session.client, first)).toBe("DELETING DELETING");
    expect(keysOf(await backups.makeRoom(storeCopy(third), third.token))).toEqual([slots[1]]);
    expect(await eventsOf(session.client, "LASTGOOD_COPY_GAVE_WAY")).toEqual([
      expect.objectContaining({
        fqdn: "engine.test",
        message: expect.stringMatching(
          `^Backup "${third.name}" takes the place of backup "${first.name}"`,
        ) as string,
      }),
    ]);
    expect(await backups.finishCopyDelete(storeCopy(first))).toBe("DELETED");
    await finish(third);
    expect(await slotOf(third)).toBe(slots[0]);
    expect(await statesOf(session.client, second)).toBe("COMPLETE COMPLETE");
  });

  test("keeps both when the new one fails before that", async () => {
    const [first, second] = [await make(), await make()];
    const third = await start();
    await backups.fail(third.backup_id, third.token, "no source");
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
    expect(await statesOf(session.client, second)).toBe("COMPLETE COMPLETE");
  });

  test("has room for the next when one failed after that", async () => {
    const [first, second] = [await make(), await make()];
    const third = await start();
    await backups.makeRoom(storeCopy(third), third.token);
    await backups.fail(third.backup_id, third.token, "full");
    const fourth = await make();
    expect(await statesOf(session.client, first)).toBe("DELETING DELETING");
    expect(await statesOf(session.client, second)).toBe("COMPLETE COMPLETE");
    expect(await slotOf(fourth)).toBe(slots[0]);
  });

  test.each(["corrupt", "missing"] as const)("lets a %s one give way", async (result) => {
    const [first, second] = [await make(), await make()];
    await backups.recordVerification(storeCopy(second), { level: 2, result });
    const third = await make();
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
    expect(await statesOf(session.client, second)).toBe("DELETING DELETING");
    expect(await slotOf(third)).toBe(slots[1]);
  });

  test("lets a PARTIAL one give way before the newest good one", async () => {
    const first = await make();
    const second = await start();
    await finish(second, [{ path: "a", reason: "broken" }]);
    expect(await statesOf(session.client, second)).toBe("PARTIAL COMPLETE");
    await make();
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
    expect(await statesOf(session.client, second)).toBe("DELETING DELETING");
  });

  test("lets the older of two PARTIAL ones give way", async () => {
    const first = await start();
    await finish(first, [{ path: "a", reason: "broken" }]);
    const newer = await start();
    await finish(newer, [{ path: "a", reason: "broken" }]);
    await make();
    expect(await statesOf(session.client, first)).toBe("DELETING DELETING");
    expect(await statesOf(session.client, newer)).toBe("PARTIAL COMPLETE");
  });

  test("keeps the backup whose copy elsewhere is left", async () => {
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const first = await make({ providers: ["store", "other"] });
    await make();
    await make();
    const { state, copies } = await new BackupDao(session.client).getBackup(first.backup_id);
    expect(state).toBe("COMPLETE");
    expect(copies.map((copy) => [copy.provider, copy.state])).toEqual([
      ["store", "DELETING"],
      ["other", "COMPLETE"],
    ]);
    expect(copies[0]?.reason).toMatch(/^it gave way to backup "etc-/);
  });

  test("counts for each source by itself", async () => {
    await session.client.query(
      "select lastgood.add_source('home', 'files', 'engine.test', 'files')",
    );
    const [first, second] = [await make(), await make()];
    const other = await start({ source: "home" });
    expect(await backups.makeRoom(storeCopy(other), other.token)).toEqual({
      outgoing: null,
      stay: [],
    });
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
    expect(await statesOf(session.client, second)).toBe("COMPLETE COMPLETE");
  });

  test("goes on for a source that was deleted and added anew, and never gets stuck", async () => {
    const [first, second] = [await make(), await make()];
    await session.client.query(`select lastgood.delete_source('etc');
      select lastgood.add_source('etc', 'files', 'engine.test', 'files')`);
    const third = await make();
    expect(await statesOf(session.client, first)).toBe("DELETING DELETING");
    expect(await slotOf(third)).toBe(slots[0]);
    expect(await statesOf(session.client, second)).toBe("COMPLETE COMPLETE");
    const fourth = await make();
    expect(await statesOf(session.client, second)).toBe("DELETING DELETING");
    expect(await slotOf(fourth)).toBe(slots[1]);
  });

  test("is the parent of nothing: --incremental is full there, however often", async () => {
    for (let count = 0; count < 5; count += 1) {
      expect(await make({ isIncremental: true })).toMatchObject({ type: "full", fell_back: true });
    }
    const newest = await make();
    expect(await refused({ parentId: newest.backup_id })).toBe("LG033");
  });

  test("lets a parent give way whose children lie elsewhere too", async () => {
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const providers = ["store", "other"];
    const made: StartedBackup[] = [];
    for (let count = 0; count < 4; count += 1) {
      made.push(await make({ providers, isIncremental: true }));
    }
    expect(made.map(({ type }) => type)).toEqual([
      "full",
      "incremental",
      "incremental",
      "incremental",
    ]);
    expect(made.at(-1)?.parent_id).toBe(made.at(-2)?.backup_id);
  });
});

describe("LG053", () => {
  test("while another backup is being made there, until its lease is over", async () => {
    const running = await start();
    await backups.beginCopy(storeCopy(running), running.token, []);
    expect(await refused()).toBe("LG053");
    await endLeases(session.client);
    await backups.reap();
    expect(await statesOf(session.client, running)).toBe("FAILED DELETING");
    expect(await refused()).toBeUndefined();
  });

  test("where the one that would give way is held, before anything is touched", async () => {
    const first = await make();
    await make();
    await backups.hold(first.backup_id, "audit");
    await session.client.query("savepoint refusal");
    await expect(start()).rejects.toMatchObject({
      code: "LG053",
      message: expect.stringContaining(`"${first.name}" is held by`) as string,
      hint: `Release it: lastgood backup release ${first.name}`,
    });
    await session.client.query("rollback to savepoint refusal");
    const { length } = await new BackupDao(session.client).getBackups();
    expect(length).toBe(2);
  });

  test("where it is being restored", async () => {
    const first = await make();
    await make();
    await session.client.query(`select lastgood.start_restore($1)`, [first.backup_id]);
    expect(await refused()).toBe("LG053");
    await endLeases(session.client);
    expect(await refused()).toBeUndefined();
  });

  test("where it was held after the start, at the last moment", async () => {
    const first = await make();
    await make();
    const third = await start();
    await backups.hold(first.backup_id);
    const making = async (): Promise<unknown> => backups.makeRoom(storeCopy(third), third.token);
    expect(await codeOf(session.client, making)).toBe("LG053");
    expect(await statesOf(session.client, first)).toBe("COMPLETE COMPLETE");
  });

  test("where it is the newest proven one, and the other is not", async () => {
    const [first, second] = [await make(), await make()];
    await session.client.query(
      "update lastgood.backup_copy set proof_level = 1 where backup_copy_id = $1",
      [storeCopy(second)],
    );
    expect(await refused()).toBe("LG053");
    await backups.recordVerification(storeCopy(second), { level: 2, result: "ok" });
    await make();
    expect(await statesOf(session.client, first)).toBe("DELETING DELETING");
  });

  test("where one fits, and it is good", async () => {
    await session.client.query(
      "update lastgood.provider_type set max_backups = 1 where type = 'two'",
    );
    const only = await make();
    expect(await refused()).toBe("LG053");
    await backups.recordVerification(storeCopy(only), { level: 2, result: "corrupt" });
    expect(await refused()).toBeUndefined();
  });
});

test("LG035 for whoever does not hold the token", async () => {
  const running = await start();
  const calls = [
    async (): Promise<unknown> => backups.findRoom(storeCopy(running), strange),
    async (): Promise<unknown> => backups.makeRoom(storeCopy(running), strange),
  ];
  for (const call of calls) expect(await codeOf(session.client, call)).toBe("LG035");
});

test("a provider without a limit makes room for nobody", async () => {
  const running = await start({ providers: ["vault"] });
  await make({ providers: ["vault"] });
  const room = { outgoing: null, stay: [] };
  expect(await backups.makeRoom(copyId(running), running.token)).toEqual(room);
});

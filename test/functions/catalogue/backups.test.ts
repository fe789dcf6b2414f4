import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { BackupDao } from "../../../src/dao/backup.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  endLeases,
  eventsOf,
  makeBackup,
  packName,
  refuseFailures,
  rowOf,
  seal,
  sealed,
  sha256,
  statesOf,
  strange,
  verdictOf,
  writePack,
} from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
});

describe("sealing", () => {
  test("COMPLETE: proven to level 2, reported as done, and the verdict is ok", async () => {
    const made = await makeBackup(session.client);
    expect(await rowOf(session.client, made)).toMatchObject({
      state: "COMPLETE",
      proof_level: 2,
      is_good: true,
      is_proven: true,
      size_bytes: 4000,
      entries: 3,
      not_collected: ["xattrs"],
      versions: { tar: "1.34" },
      running_until: null,
      reason: null,
      copies: [{ provider: "vault", state: "COMPLETE", last_result: "ok", stored_bytes: 5000 }],
    });
    expect(await verdictOf(session.client)).toMatchObject({
      state: "ok",
      activity: "idle",
      proof_level: 2,
    });
    const { rows } = await session.client.query(
      "select is_passed, run_id, backup_id::integer from lastgood.engine_backup_log",
    );
    expect(rows).toEqual([{ is_passed: true, run_id: made.name, backup_id: made.backup_id }]);
  });

  test("PARTIAL where something is missing: reported as failed, and nothing is good", async () => {
    const missing = [{ path: "a/b", reason: "permission denied" }];
    const made = await makeBackup(session.client, { missing });
    expect(await rowOf(session.client, made)).toMatchObject({
      state: "PARTIAL",
      is_good: false,
      is_proven: false,
      missing,
      reason: "1 could not be read, such as a/b: permission denied",
    });
    expect(await statesOf(session.client, made)).toBe("PARTIAL COMPLETE");
    expect(await verdictOf(session.client)).toMatchObject({ state: "missing" });
    expect(await eventsOf(session.client, "ENGINE_BACKUP_FAILED")).toHaveLength(1);
  });

  test("FAILED where no copy is complete", async () => {
    const started = await backups.start({ source: "etc" });
    await backups.beginCopy(copyId(started), started.token, []);
    expect(await seal(session.client, started)).toBe("FAILED");
    expect(await statesOf(session.client, started)).toBe("FAILED DELETING");
    expect(await verdictOf(session.client)).toMatchObject({ state: "missing", activity: "idle" });
  });

  test("of a copy that was not begun nothing is to be removed", async () => {
    const begin = async (key: string): Promise<StartedBackup> => {
      const started = await backups.start({ source: "etc" });
      expect(await backups.beginCopy(copyId(started), started.token, [key])).toBe(false);
      return started;
    };
    const given = await begin("manifests/a.manifest");
    await backups.failCopy(copyId(given), given.token, "it lies there already");
    expect(await seal(session.client, given)).toBe("FAILED");
    expect(await statesOf(session.client, given)).toBe("FAILED DELETED");
    const failed = await begin("etc/ovf_store_0.json");
    await backups.fail(failed.backup_id, failed.token, "the disk is gone");
    expect(await statesOf(session.client, failed)).toBe("FAILED DELETED");
    const { rows } = await session.client.query(
      "select unreadable from lastgood.provider where name = 'vault'",
    );
    expect(rows).toEqual([{ unreadable: ["manifests/a.manifest"] }]);
  });

  test("COMPLETE with one of two copies; what became of the other is kept", async () => {
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const started = await backups.start({ source: "etc", providers: ["vault", "other"] });
    await backups.beginCopy(copyId(started, "other"), started.token, []);
    await backups.failCopy(copyId(started, "other"), started.token, "no space left");
    await backups.sealCopy(copyId(started), started.token, sealed());
    expect(await seal(session.client, started)).toBe("COMPLETE");
    expect((await rowOf(session.client, started)).copies).toMatchObject([
      { provider: "vault", state: "COMPLETE" },
      { provider: "other", state: "DELETING", reason: "no space left" },
    ]);
  });

  test("a backup that fails takes its complete copies along", async () => {
    const started = await backups.start({ source: "etc" });
    await backups.sealCopy(copyId(started), started.token, sealed());
    await backups.fail(started.backup_id, started.token, "the disk is gone");
    expect(await statesOf(session.client, started)).toBe("FAILED DELETING");
    const [event] = await eventsOf(session.client, "ENGINE_BACKUP_FAILED");
    expect(event?.message).toBe("The backup failed: the disk is gone");
  });

  test("LG051 where the report cannot be recorded, and the backup still runs", async () => {
    const started = await backups.start({ source: "etc" });
    await session.client.query(`update lastgood.event_type set log_type = 1 where log_type = 9026`);
    const fail = async (): Promise<unknown> =>
      backups.fail(started.backup_id, started.token, "broken");
    expect(await codeOf(session.client, fail)).toBe("LG051");
    expect(await statesOf(session.client, started)).toBe("RUNNING RUNNING");
  });

  test("a system that trusts other reporters alone does not keep ours out", async () => {
    await session.client.query(
      "create role somebody_else; select lastgood.set_reporters('engine.test', '{somebody_else}')",
    );
    await session.client.query("update lastgood.system set reporters = array['somebody_else_yet']");
    await makeBackup(session.client);
    expect(await verdictOf(session.client)).toMatchObject({ state: "ok" });
  });
});

describe("a token", () => {
  test("that is another's opens nothing, nor does one's own once it has ended", async () => {
    const ended = await makeBackup(session.client);
    const running = await backups.start({ source: "etc" });
    for (const [backup, token] of [
      [running, strange],
      [running, ended.token],
      [ended, ended.token],
    ] as const) {
      const [id, copy] = [backup.backup_id, copyId(backup)];
      const pack = { name: packName(), size: 1, sha256, contents: Buffer.from("") };
      const calls: readonly (() => Promise<unknown>)[] = [
        async () => backups.beginCopy(copy, token, []),
        async () => backups.beginPack(copy, token, packName()),
        async () => backups.completePack(copy, token, pack),
        async () => backups.usePacks(copy, token, []),
        async () => backups.sealCopy(copy, token, sealed()),
        async () => backups.failCopy(copy, token, "x"),
        async () => backups.addItems(id, token, []),
        async () => seal(session.client, { ...backup, token }),
        async () => backups.fail(id, token, "x"),
      ];
      for (const call of calls) expect(await codeOf(session.client, call)).toBe("LG035");
      expect(await backups.renewLease(id, token)).toBe(false);
    }
    expect(await statesOf(session.client, ended)).toBe("COMPLETE COMPLETE");
    expect(await statesOf(session.client, running)).toBe("RUNNING RUNNING");
  });

  test("of a copy that was sealed or given up adds nothing to it", async () => {
    const started = await backups.start({ source: "etc" });
    await backups.sealCopy(copyId(started), started.token, sealed());
    const again = async (): Promise<unknown> =>
      backups.sealCopy(copyId(started), started.token, sealed());
    expect(await codeOf(session.client, again)).toBe("LG035");
    const write = async (): Promise<unknown> => writePack(session.client, started, packName());
    expect(await codeOf(session.client, write)).toBe("LG035");
  });
});

describe("a lease", () => {
  test("that is renewed goes on; one that ran out is reaped, once", async () => {
    const lost = await backups.start({ source: "etc" });
    const kept = await backups.start({ source: "etc" });
    await backups.sealCopy(copyId(lost), lost.token, sealed());
    expect(await backups.reap()).toEqual([]);
    await endLeases(session.client);
    expect(await backups.renewLease(kept.backup_id, kept.token)).toBe(true);
    expect(await backups.reap()).toEqual([lost.backup_id]);
    expect(await backups.reap()).toEqual([]);
    expect(await statesOf(session.client, lost)).toBe("FAILED DELETING");
    expect(await statesOf(session.client, kept)).toBe("RUNNING RUNNING");
    expect(await eventsOf(session.client, "ENGINE_BACKUP_FAILED")).toHaveLength(1);
    expect(await backups.renewLease(lost.backup_id, lost.token)).toBe(false);
    const late = async (): Promise<unknown> => seal(session.client, lost);
    expect(await codeOf(session.client, late)).toBe("LG035");
  });

  test("of one that cannot be ended keeps no other RUNNING, and that is told", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('bad', 'files', 'bad.test', 'files')");
    const stuck = await backups.start({ source: "bad", name: "stuck" });
    const other = await backups.start({ source: "etc" });
    await refuseFailures(client, "bad.test");
    await client.query(
      "update lastgood.backup set lease_until = clock_timestamp() - interval '1 second'",
    );
    expect(await backups.reap()).toEqual([other.backup_id]);
    expect(await backups.reap()).toEqual([]);
    const id = stuck.backup_id;
    expect(await eventsOf(client, "LASTGOOD_RUN_NOT_ENDED")).toMatchObject([
      {
        message:
          `lastgood could not end backup "stuck" (${id}), and goes on trying: ` +
          `the event of backup ${id} could not be recorded.`,
        fqdn: "bad.test",
        scope: "files",
      },
    ]);
    await client.query("drop trigger refuse_failures on lastgood.audit_log");
    expect(await backups.reap()).toEqual([id]);
  });

  test("does not follow the fake clock", async () => {
    await session.client.query("set local lastgood.fake_now = '2999-01-01'");
    await backups.start({ source: "etc" });
    expect(await backups.reap()).toEqual([]);
  });
});

test("items are kept once, with what restoring them needs", async () => {
  const { backup_id: id, token } = await backups.start({ source: "etc" });
  const items = [
    { kind: "database", name: "shop" },
    { kind: "table", name: 'shop."odd.name"', parent: "shop", sizeBytes: 5, details: { n: 1 } },
  ] as const;
  expect(await backups.addItems(id, token, items)).toBe(2);
  expect(await backups.addItems(id, token, items)).toBe(0);
  expect(await new BackupDao(session.client).getItems(id)).toEqual([
    { id: expect.any(Number) as number, kind: "database", name: "shop", details: {} },
    { id: expect.any(Number) as number, ...items[1] },
  ]);
  for (const bad of ['[{"kind": "file", "name": "a"}]', '[{"kind": "table"}]']) {
    const add = `select lastgood.add_items(${id}, '${token}', '${bad}')`;
    expect(await codeOf(session.client, add)).toBe("LG052");
  }
});

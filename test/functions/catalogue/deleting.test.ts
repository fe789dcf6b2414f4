import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { Restores } from "../../../src/admin/restores.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  endLeases,
  eventsOf,
  makeBackup,
  rowOf,
  statesOf,
  verdictOf,
} from "../../support/catalogue.ts";
import { setConfig } from "../../support/config.ts";
import { report } from "../../support/database.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
});

/** Why it cannot be deleted; undefined where it can. */
async function refusal({ backup_id: id }: StartedBackup): Promise<string | undefined> {
  return await codeOf(session.client, `select lastgood.start_delete(${id})`);
}

/** A backup with newer ones behind it, so that nothing but itself keeps it. */
async function oldBackup(): Promise<StartedBackup> {
  const old = await makeBackup(session.client);
  await makeBackup(session.client);
  return old;
}

const partial = { missing: [{ path: "a", reason: "gone" }] };

describe("a deletion", () => {
  test("goes from DELETING to DELETED, and the rows stay", async () => {
    const old = await oldBackup();
    const deleting = await backups.startDelete(old.backup_id);
    expect(deleting).toMatchObject({
      name: old.name,
      installation: old.installation,
      copies: [{ backup_copy_id: copyId(old), manifest_key: "manifests/some.manifest" }],
    });
    expect(await statesOf(session.client, old)).toBe("DELETING DELETING");
    expect(await backups.finishCopyDelete(copyId(old))).toBe("DELETED");
    expect(await statesOf(session.client, old)).toBe("DELETED DELETED");
    expect(await eventsOf(session.client, "LASTGOOD_BACKUP_DELETED")).toMatchObject([
      { fqdn: "engine.test", scope: "files" },
    ]);
    expect(await refusal(old)).toBe("LG045");
    // Two may sweep at once: who comes second finds it deleted, whatever went wrong for him.
    expect(await backups.finishCopyDelete(copyId(old))).toBe("DELETED");
    expect(await backups.finishCopyDelete(copyId(old), "too late")).toBe("DELETED");
    expect(await statesOf(session.client, old)).toBe("DELETED DELETED");
    expect(await eventsOf(session.client, "LASTGOOD_BACKUP_DELETED")).toHaveLength(1);
  });

  test("of a copy that nobody deletes is not finished", async () => {
    const old = await oldBackup();
    const finish = async (): Promise<unknown> => backups.finishCopyDelete(copyId(old));
    expect(await codeOf(session.client, finish)).toBe("LG046");
  });

  test("that fails stays visible, and can be repeated", async () => {
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const old = await makeBackup(session.client, { providers: ["vault", "other"] });
    await makeBackup(session.client, { providers: ["vault"] });
    await backups.startDelete(old.backup_id);
    expect(await backups.finishCopyDelete(copyId(old), "read-only")).toBe("DELETING");
    expect(await backups.finishCopyDelete(copyId(old, "other"))).toBe("DELETE_FAILED");
    expect(await rowOf(session.client, old)).toMatchObject({
      state: "DELETE_FAILED",
      copies: [{ state: "DELETE_FAILED", reason: "read-only" }, { state: "DELETED" }],
    });
    expect(await eventsOf(session.client, "LASTGOOD_BACKUP_NOT_DELETED")).toHaveLength(1);
    const { copies } = await backups.startDelete(old.backup_id);
    expect(copies.map(({ provider }) => provider)).toEqual(["vault"]);
    expect(await backups.finishCopyDelete(copyId(old))).toBe("DELETED");
  });

  test("that failed ends when a sweep removes what was left", async () => {
    const old = await oldBackup();
    await backups.startDelete(old.backup_id);
    expect(await backups.finishCopyDelete(copyId(old), "busy")).toBe("DELETE_FAILED");
    expect(await backups.finishCopyDelete(copyId(old))).toBe("DELETED");
  });

  test("that was interrupted goes on", async () => {
    const old = await oldBackup();
    await backups.startDelete(old.backup_id);
    expect((await backups.startDelete(old.backup_id)).copies).toHaveLength(1);
  });

  test("of a failed backup is always possible, also once its leftovers are gone", async () => {
    const failed = await backups.start({ source: "etc" });
    await backups.hold(failed.backup_id);
    await backups.fail(failed.backup_id, failed.token, "x");
    expect(await backups.finishCopyDelete(copyId(failed))).toBe("FAILED");
    expect(await statesOf(session.client, failed)).toBe("FAILED DELETED");
    expect((await backups.startDelete(failed.backup_id)).copies).toEqual([]);
    expect(await statesOf(session.client, failed)).toBe("DELETED DELETED");
  });
});

describe("deleting is refused", () => {
  test("LG038 for one that is not there", async () => {
    expect(await codeOf(session.client, "select lastgood.start_delete(999)")).toBe("LG038");
    expect(await codeOf(session.client, "select lastgood.start_delete(null)")).toBe("LG038");
  });

  test("LG039 while it runs", async () => {
    const running = await backups.start({ source: "etc" });
    expect(await refusal(running)).toBe("LG039");
  });

  test("LG040 while others build on it, as long as they are there", async () => {
    const old = await makeBackup(session.client);
    const child = await makeBackup(session.client, { isIncremental: true });
    await makeBackup(session.client);
    expect(await refusal(old)).toBe("LG040");
    await backups.startDelete(child.backup_id);
    expect(await refusal(old)).toBeUndefined();
  });

  test("LG040 while others build on it, though it is PARTIAL", async () => {
    const old = await makeBackup(session.client, partial);
    const child = await makeBackup(session.client, { ...partial, isIncremental: true });
    expect(await refusal(old)).toBe("LG040");
    await backups.startDelete(child.backup_id);
    expect(await refusal(old)).toBeUndefined();
  });

  test("LG040 while one that builds on it runs, not once that failed", async () => {
    const old = await oldBackup();
    const child = await backups.start({ source: "etc", parentId: old.backup_id });
    expect(await refusal(old)).toBe("LG040");
    await backups.fail(child.backup_id, child.token, "x");
    expect(await refusal(old)).toBeUndefined();
  });

  test("LG041 while it is held", async () => {
    const old = await oldBackup();
    await backups.hold(old.backup_id, "evidence");
    await backups.hold(old.backup_id, "evidence of the audit");
    expect(await rowOf(session.client, old)).toMatchObject({
      hold_reason: "evidence of the audit",
      held_by: expect.any(String) as string,
      held_at: expect.any(Date) as Date,
    });
    expect(await refusal(old)).toBe("LG041");
    await backups.release(old.backup_id);
    await backups.release(old.backup_id);
    expect((await rowOf(session.client, old)).held_at).toBeNull();
    expect(await refusal(old)).toBeUndefined();
    expect(await eventsOf(session.client, "LASTGOOD_BACKUP_HELD")).toHaveLength(2);
    expect(await eventsOf(session.client, "LASTGOOD_BACKUP_RELEASED")).toHaveLength(1);
  });

  test("LG042 while it is being restored, until the restore ends or its lease", async () => {
    const old = await oldBackup();
    const restores = new Restores(session.client);
    const { restore_id: id, token } = await restores.start({
      backupId: old.backup_id,
      target: "/srv/x",
    });
    expect(await refusal(old)).toBe("LG042");
    await restores.fail(id, token, "x");
    expect(await refusal(old)).toBeUndefined();
    await makeBackup(session.client);
    const second = await makeBackup(session.client);
    await makeBackup(session.client);
    await restores.start({ backupId: second.backup_id, target: "/srv/x" });
    await endLeases(session.client);
    expect(await refusal(second)).toBeUndefined();
  });

  test("LG043 for the newest good one of its source, though newer ones are not good", async () => {
    const good = await oldBackup();
    const newest = await makeBackup(session.client);
    expect(await refusal(newest)).toBe("LG043");
    await backups.recordVerification(copyId(newest), { level: 2, result: "corrupt" });
    await makeBackup(session.client, partial);
    await session.client.query(
      "select lastgood.add_source('two', 'files', 'engine.test', 'files')",
    );
    await makeBackup(session.client, { source: "two" });
    await report(session.client, { fqdn: "engine.test", scope: "files" });
    expect(await refusal(newest)).toBeUndefined();
    expect(await refusal(good)).toBeUndefined();
    expect(await verdictOf(session.client)).toMatchObject({ state: "ok" });
  });

  test("LG044 for the newest proven one, where it is not the newest good one", async () => {
    const proven = await makeBackup(session.client);
    await session.client.query(
      "update lastgood.backup_copy set proof_level = 1 where backup_copy_id = $1",
      [copyId(await makeBackup(session.client))],
    );
    expect(await refusal(proven)).toBe("LG044");
  });

  test("of those that are not proven as far as required nothing is good, one still proven", async () => {
    const old = await oldBackup();
    const [newest] = (
      await session.client.query<{ id: number }>(
        "select max(backup_id)::integer as id from lastgood.backup",
      )
    ).rows;
    await setConfig(session.client, "BackupRequiredProofLevel", "4");
    const statement = `select lastgood.start_delete(${newest?.id})`;
    expect(await codeOf(session.client, statement)).toBe("LG044");
    await backups.recordVerification(copyId(old), { level: 4, result: "ok" });
    expect(await refusal(old)).toBe("LG043");
  });

  test("not for one that is PARTIAL, nor for a corrupt one", async () => {
    expect(await refusal(await makeBackup(session.client, partial))).toBeUndefined();
    const bad = await makeBackup(session.client);
    await backups.recordVerification(copyId(bad), { level: 2, result: "corrupt" });
    expect(await refusal(bad)).toBeUndefined();
  });
});

test("LG045 for holding what failed or is deleted, LG038 for what is not there", async () => {
  const failed = await backups.start({ source: "etc" });
  await backups.fail(failed.backup_id, failed.token, "x");
  const old = await oldBackup();
  await backups.startDelete(old.backup_id);
  for (const { backup_id: id } of [failed, old]) {
    expect(await codeOf(session.client, `select lastgood.hold_backup(${id})`)).toBe("LG045");
  }
  expect(await codeOf(session.client, "select lastgood.hold_backup(999)")).toBe("LG038");
  expect(await codeOf(session.client, "select lastgood.release_backup(999)")).toBe("LG038");
});

test("a running backup can be held, and is once it is COMPLETE", async () => {
  const running = await backups.start({ source: "etc" });
  await backups.hold(running.backup_id);
  expect((await rowOf(session.client, running)).held_at).not.toBeNull();
});

test("a backup is found by its id and by its name", async () => {
  const made = await makeBackup(session.client);
  expect(await backups.find(made.name)).toBe(made.backup_id);
  expect(await backups.find(String(made.backup_id))).toBe(made.backup_id);
  for (const ref of ["999", "nope", "", "9".repeat(30), null]) {
    const find = async (): Promise<unknown> =>
      session.client.query("select lastgood.find_backup($1)", [ref]);
    expect(await codeOf(session.client, find)).toBe("LG038");
  }
});

import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Restores } from "../../../src/admin/restores.ts";
import { RestoreDao } from "../../../src/dao/restore.ts";
import { NotFoundError } from "../../../src/errors.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  endLeases,
  makeBackup,
  sha256,
  strange,
} from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;
let restores: Restores;
let dao: RestoreDao;

function start(id: number | null, more = ""): string {
  return `select lastgood.start_restore(${id}${more})`;
}

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
  restores = new Restores(session.client);
  dao = new RestoreDao(session.client);
});

test("a restore from start to end", async () => {
  const made = await makeBackup(session.client);
  const picked = ["public.orders", "etc/hosts"];
  const started = await restores.start({
    backupId: made.backup_id,
    picked,
    target: "/srv/x",
    host: "worker.test",
  });
  expect(started).toMatchObject({
    installation: made.installation,
    copy: { backup_copy_id: copyId(made), manifest_sha256: sha256, provider_type: "debug" },
    backup: { name: made.name, state: "COMPLETE" },
    source: { name: "etc", type: "files", settings: {}, is_deleted: false },
  });
  expect(await dao.getRestore(started.restore_id)).toMatchObject({
    backup: made.name,
    state: "RUNNING",
    provider: "vault",
    picked,
    host: "worker.test",
  });
  const { restore_id: id, token } = started;
  expect(await restores.renewLease(id, token)).toBe(true);
  await restores.complete(id, token, { bytes: 12, actions: ["2 files"] });
  expect(await dao.getRestores({ backupId: made.backup_id })).toMatchObject([
    { id, state: "COMPLETE", restored_bytes: 12, actions: ["2 files"], reason: null },
  ]);
  await expect(dao.getRestore(999)).rejects.toThrow(NotFoundError);
});

test("LG035 for a token of another, or once it has ended", async () => {
  const made = await makeBackup(session.client);
  const request = { backupId: made.backup_id, target: "/srv/x" };
  const [one, two] = [await restores.start(request), await restores.start(request)];
  await restores.fail(one.restore_id, one.token, "the disk is full");
  expect(await dao.getRestore(one.restore_id)).toMatchObject({
    state: "FAILED",
    reason: "the disk is full",
  });
  for (const [id, token] of [
    [one.restore_id, one.token],
    [two.restore_id, one.token],
    [two.restore_id, strange],
  ] as const) {
    const complete = async (): Promise<unknown> =>
      restores.complete(id, token, { bytes: 1, actions: [] });
    expect(await codeOf(session.client, complete)).toBe("LG035");
    expect(await codeOf(session.client, async () => restores.fail(id, token, "x"))).toBe("LG035");
    expect(await restores.renewLease(id, token)).toBe(false);
  }
  await endLeases(session.client);
  await backups.reap();
  expect((await dao.getRestores()).map(({ state }) => state)).toEqual(["FAILED", "FAILED"]);
});

test("the copy that is proven best is read, a bad one only by name", async () => {
  await session.client.query("select lastgood.add_provider('other', 'debug')");
  const made = await makeBackup(session.client, { providers: ["vault", "other"] });
  const from = async (provider?: string): Promise<string> => {
    const started = await restores.start({ backupId: made.backup_id, from: provider, target: "x" });
    return started.copy.provider;
  };
  await backups.recordVerification(copyId(made, "other"), { level: 3, result: "ok" });
  expect(await from()).toBe("other");
  expect(await from("vault")).toBe("vault");
  await backups.recordVerification(copyId(made, "other"), { level: 2, result: "corrupt" });
  expect(await from()).toBe("vault");
  expect(await from("other")).toBe("other");
  await backups.recordVerification(copyId(made, "other"), { level: 1, result: "missing" });
  expect(await codeOf(session.client, async () => from("other"))).toBe("LG049");
  expect(await codeOf(session.client, async () => from("nope"))).toBe("LG049");
  await backups.recordVerification(copyId(made), { level: 1, result: "missing" });
  expect(await codeOf(session.client, async () => from())).toBe("LG049");
});

test("LG049 for what cannot be restored from; a PARTIAL backup can be", async () => {
  const partial = await makeBackup(session.client, { missing: [{ path: "a", reason: "gone" }] });
  const running = await backups.start({ source: "etc" });
  const failed = await backups.start({ source: "etc" });
  await backups.fail(failed.backup_id, failed.token, "x");
  expect(await codeOf(session.client, start(partial.backup_id))).toBeUndefined();
  expect(await codeOf(session.client, start(running.backup_id))).toBe("LG049");
  expect(await codeOf(session.client, start(failed.backup_id))).toBe("LG049");
  const other = `, ${copyId(running)}`;
  expect(await codeOf(session.client, start(partial.backup_id, other))).toBe("LG049");
  expect(await codeOf(session.client, start(999))).toBe("LG038");
  expect(await codeOf(session.client, start(null))).toBe("LG038");
  const lease = ", p_lease => '-1 second'";
  expect(await codeOf(session.client, start(partial.backup_id, lease))).toBe("LG034");
});

test("a restore of a source that is deleted says so", async () => {
  const made = await makeBackup(session.client);
  await session.client.query("select lastgood.delete_source('etc')");
  const started = await restores.start({ backupId: made.backup_id, target: "x" });
  expect(started.source).toMatchObject({ name: "etc", is_deleted: true });
});

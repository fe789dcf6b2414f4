import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../src/admin/backups.ts";
import { BackupDao } from "../../src/dao/backup.ts";
import { RestoreDao } from "../../src/dao/restore.ts";
import { SourceDao } from "../../src/dao/source.ts";
import { NotFoundError } from "../../src/errors.ts";
import { addCatalogue, copyId, makeBackup, sha256 } from "../support/catalogue.ts";
import { useSession } from "../support/session.ts";

const session = useSession();
let dao: BackupDao;

beforeEach(async () => {
  await addCatalogue(session.client);
  dao = new BackupDao(session.client);
});

test("backups, newest first, filtered and paged", async () => {
  await session.client.query("select lastgood.add_source('two', 'files', 'b.test', 'files')");
  const ids: number[] = [];
  for (const source of ["etc", "two", "etc", "etc"]) {
    ids.unshift((await makeBackup(session.client, { source })).backup_id);
  }
  await new Backups(session.client).start({ source: "etc", name: "running" });
  const complete = await dao.getBackups({ state: "COMPLETE" });
  expect(complete.map(({ id }) => id)).toEqual(ids);
  const first = await dao.getBackups({ source: "etc", limit: 2 });
  const second = await dao.getBackups({ source: "etc", limit: 2, marker: first[1]?.id });
  expect(first.map(({ name }) => name)[0]).toBe("running");
  expect([...first.slice(1), ...second].map(({ id }) => id)).toEqual([ids[0], ids[1], ids[3]]);
  expect((await dao.getBackups({ fqdn: "b.test" })).map(({ id }) => id)).toEqual([ids[2]]);
  expect(await dao.getBackups({ source: "nope" })).toEqual([]);
  for (const limit of [0, 1001, 1.5]) {
    await expect(dao.getBackups({ limit })).rejects.toThrow(RangeError);
    await expect(new RestoreDao(session.client).getRestores({ limit })).rejects.toThrow(RangeError);
  }
});

test("a backup by its id or name, as numbers and dates", async () => {
  const made = await makeBackup(session.client, { host: "worker.test" });
  const row = await dao.getBackup(made.name);
  expect(await dao.getBackup(made.backup_id)).toEqual(row);
  expect(await dao.getBackup(String(made.backup_id))).toEqual(row);
  expect(row).toEqual({
    id: made.backup_id,
    name: made.name,
    source: "etc",
    source_type: "files",
    fqdn: "engine.test",
    scope: "files",
    type: "full",
    parent_id: null,
    state: "COMPLETE",
    proof_level: 2,
    is_good: true,
    is_proven: true,
    started_at: expect.any(Date) as Date,
    ended_at: expect.any(Date) as Date,
    running_until: null,
    size_bytes: 4000,
    entries: 3,
    reason: null,
    missing: [],
    not_collected: ["xattrs"],
    versions: { tar: "1.34" },
    held_at: null,
    held_by: null,
    hold_reason: null,
    host: "worker.test",
    copies: [
      {
        backup_copy_id: copyId(made),
        provider: "vault",
        state: "COMPLETE",
        layout: "pack",
        recipients: [],
        group_name: null,
        proof_level: 2,
        proven_at: expect.any(String) as string,
        stored_bytes: 5000,
        last_result: "ok",
        last_checked_at: expect.any(String) as string,
        reason: null,
      },
    ],
    groups: [],
    origin: null,
    attached_at: null,
    items_known: true,
  });
  for (const ref of ["nope", 999, "", "9".repeat(30)]) {
    await expect(dao.getBackup(ref)).rejects.toThrow(NotFoundError);
  }
});

test("copies with the places where they lie", async () => {
  const made = await makeBackup(session.client);
  const [copy, ...others] = await dao.getCopies(made.backup_id);
  expect(others).toEqual([]);
  expect(copy).toMatchObject({
    backup_copy_id: copyId(made),
    backup_id: made.backup_id,
    provider_type: "debug",
    settings: {},
    installation: made.installation,
    manifest_sha256: sha256,
    manifest_size: 100,
    proven_at: expect.any(Date) as Date,
  });
  expect(copy?.marker).toBe(made.copies[0]?.marker);
  expect(await dao.getCopies(999)).toEqual([]);
  expect(await dao.getItems(999)).toEqual([]);
});

test("a source with its newest, newest good and newest proven backup", async () => {
  const backups = new Backups(session.client);
  const proven = await makeBackup(session.client);
  const good = await makeBackup(session.client);
  await session.client.query(
    "update lastgood.backup_copy set proof_level = 1 where backup_copy_id = $1",
    [copyId(good)],
  );
  const bad = await makeBackup(session.client);
  await backups.recordVerification(copyId(bad), { level: 2, result: "corrupt" });
  const failed = await backups.start({ source: "etc" });
  await backups.fail(failed.backup_id, failed.token, "x");
  expect(await new SourceDao(session.client).getSource("etc")).toMatchObject({
    backups: 3,
    last_backup_id: failed.backup_id,
    last_backup_state: "FAILED",
    last_good_backup_id: good.backup_id,
    last_good_at: expect.any(Date) as Date,
    last_proven_backup_id: proven.backup_id,
  });
});

test("no view tells a token or an event id of a backup", async () => {
  const { rows } = await session.client.query(
    `select c.relname, a.attname from pg_class as c
     join pg_attribute as a on a.attrelid = c.oid
     where c.relnamespace = 'lastgood'::regnamespace and c.relkind = 'v'
       and a.attname in ('token', 'started_event', 'ended_event')`,
  );
  expect(rows).toEqual([]);
});

import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { BackupDao } from "../../../src/dao/backup.ts";
import { ProviderDao } from "../../../src/dao/provider.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  copyOf,
  eventsOf,
  makeBackup,
  rowOf,
  seal,
  sealed,
  sha256,
  verdictOf,
} from "../../support/catalogue.ts";
import { setConfig } from "../../support/config.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
});

describe("starting", () => {
  test("gives all that making it needs, and reports the start", async () => {
    await setConfig(session.client, "BackupExcludeTables", "audit_*, public.log,");
    const started = await backups.start({ source: "etc", host: "worker.test" });
    const installation = await new ProviderDao(session.client).getInstallation();
    expect(started).toMatchObject({
      type: "full",
      state: "RUNNING",
      parent_id: null,
      parent_name: null,
      source: "etc",
      source_type: "files",
      settings: {},
      fqdn: "engine.test",
      scope: "files",
      installation,
      fell_back: false,
      exclude_tables: ["audit_*", "public.log"],
      token: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(copyOf(started)).toMatchObject({
      provider_type: "debug",
      state: "RUNNING",
      layout: "pack",
      recipients: [],
      installation,
      manifest_key: null,
      parent_copy: null,
    });
    expect(await eventsOf(session.client, "ENGINE_BACKUP_STARTED")).toMatchObject([
      { fqdn: "engine.test", scope: "files" },
    ]);
    expect(await verdictOf(session.client)).toMatchObject({
      state: "missing",
      activity: "running",
    });
    expect(await rowOf(session.client, started)).toMatchObject({
      state: "RUNNING",
      host: "worker.test",
      proof_level: null,
      is_good: false,
    });
  });

  test("names it by source and time in UTC, and no name is given twice", async () => {
    const names: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      names.push((await backups.start({ source: "etc" })).name);
    }
    expect(names[0]).toMatch(/^etc-\d{8}T\d{6}Z$/);
    expect(new Set(names).size).toBe(3);
    await session.client.query(`select lastgood.start_backup('etc', null, $1)`, [`${names[0]}x`]);
    expect(
      await codeOf(session.client, `select lastgood.start_backup('etc', null, '${names[0]}')`),
    ).toBe("LG022");
  });

  test("a default name that is taken gets a number", async () => {
    const base = "etc-20260101T000000Z";
    const name = `lastgood.choose_backup_name('etc', null)`;
    const { rows } = await session.client.query<{ name: string }>(`select ${name} as name`);
    await backups.start({ source: "etc", name: rows[0]?.name ?? base });
    const { rows: next } = await session.client.query<{ name: string }>(
      "select lastgood.choose_backup_name('etc', null) as name",
    );
    // Within one second it is the next number, in the next second another time.
    expect(next[0]?.name).not.toBe(rows[0]?.name);
  });

  test.each([1, 2, 3, 4, 5, 8, 100])(
    "the first name that is free, after %i are taken",
    async (taken) => {
      await session.client.query(
        `insert into lastgood.backup (name, source_id, type, state, ended_at)
       select 'nightly' || coalesce('-' || nullif(i, 1), ''), s.source_id, 'full', 'FAILED', now()
       from lastgood.source as s
       cross join generate_series(1, $1::integer) as i
       where s.name = 'etc'`,
        [taken],
      );
      const { rows } = await session.client.query(
        "select lastgood.free_backup_name('nightly') as name",
      );
      expect(rows).toEqual([{ name: `nightly-${taken + 1}` }]);
    },
  );

  test.each([
    ["LG021", "'etc', array['vault'], 'a/b'"],
    ["LG021", "'etc', array['vault'], '12'"],
    ["LG021", "'etc', array['vault'], repeat('x', 128)"],
    ["LG022", "'etc', array['vault'], 'taken'"],
    ["LG026", "'etc', array['nope']"],
    ["LG026", "'etc', array['vault', null]"],
    ["LG028", "'nope'"],
    ["LG028", "null"],
    ["LG030", "'etc', array['noop']"],
    ["LG031", "'etc'"],
    ["LG032", "'db', array['vault'], null, true"],
    ["LG032", "'db', array['vault'], null, false, 1"],
    ["LG033", "'etc', array['vault'], null, false, 999"],
    ["LG034", "'etc', array['vault'], null, false, null, null, '0'"],
    ["LG034", "'etc', array['vault'], null, false, null, null, '2 days'"],
    ["LG034", "'etc', array['vault'], null, false, null, null, null"],
    ["LG055", "'etc', array['small']"],
    ["LG055", "'etc', array['dc1']"],
  ])("%s for %s, and no row is left", async (code, values) => {
    await backups.start({ source: "etc", name: "taken" });
    await session.client.query(`
      select lastgood.add_provider('other', 'debug'),
        lastgood.add_source('db', 'postgresql', 'engine.test', 'db');
      insert into lastgood.provider_type (type, keeps, max_backups, layouts, description)
      values ('small', 'ovf', 1, '{pack}', 'keeps one');
      select lastgood.add_provider('small', 'small'),
        lastgood.add_provider('dc1', 'debug', p_group => 'DC1')`);
    expect(await codeOf(session.client, `select lastgood.start_backup(${values})`)).toBe(code);
    const all = await new BackupDao(session.client).getBackups();
    expect(all.map(({ name }) => name)).toEqual(["taken"]);
  });

  test("with nowhere to go but noop: LG030, no row, no report", async () => {
    await session.client.query("select lastgood.delete_provider('vault')");
    const before = await session.client.query("select count(*) from lastgood.audit_log");
    expect(await codeOf(session.client, "select lastgood.start_backup('etc')")).toBe("LG030");
    const after = await session.client.query("select count(*) from lastgood.audit_log");
    expect(after.rows).toEqual(before.rows);
    expect(await verdictOf(session.client)).toMatchObject({ state: "missing", activity: "idle" });
  });

  test("noop beside others gets no copy, and one that is named twice gets one", async () => {
    const { copies } = await backups.start({
      source: "etc",
      providers: ["vault", "noop", "vault"],
    });
    expect(copies.map(({ provider }) => provider)).toEqual(["vault"]);
  });
});

describe("an incremental backup", () => {
  const missing = [{ path: "a", reason: "gone" }];

  async function makeFailed(): Promise<void> {
    const { backup_id: id, token } = await backups.start({ source: "etc" });
    await backups.fail(id, token, "no luck");
  }

  test("builds on the newest that will do, else it is full and says so", async () => {
    const first = await backups.start({ source: "etc", isIncremental: true });
    expect(first).toMatchObject({ type: "full", fell_back: true, parent_id: null });
    await backups.sealCopy(copyId(first), first.token, sealed());
    await seal(session.client, first);
    const second = await makeBackup(session.client, { isIncremental: true });
    expect(second).toMatchObject({
      type: "incremental",
      fell_back: false,
      parent_name: first.name,
    });
    expect(copyOf(second).parent_copy).toMatchObject({
      backup_copy_id: copyId(first),
      manifest_key: "manifests/some.manifest",
      manifest_sha256: sha256,
      manifest_size: 100,
      layout: "pack",
    });
    await makeFailed();
    const third = await backups.start({ source: "etc", isIncremental: true });
    expect(third.parent_id).toBe(second.backup_id);
  });

  test("builds on what is there of a PARTIAL one that is newer than all that are complete", async () => {
    await makeBackup(session.client);
    const partial = await makeBackup(session.client, { missing, isIncremental: true });
    const next = await makeBackup(session.client, { missing, isIncremental: true });
    expect(next).toMatchObject({ type: "incremental", parent_id: partial.backup_id });
    const named = await backups.start({ source: "etc", parentId: partial.backup_id });
    expect(named).toMatchObject({ type: "incremental", parent_id: partial.backup_id });
    await makeBackup(session.client);
    const whole = await makeBackup(session.client);
    const last = await backups.start({ source: "etc", isIncremental: true });
    expect(last.parent_id).toBe(whole.backup_id);
  });

  test("does not build on a bad copy, nor on one that lies elsewhere", async () => {
    const first = await makeBackup(session.client);
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const elsewhere = await makeBackup(session.client, { providers: ["other"] });
    const second = await backups.start({
      source: "etc",
      providers: ["vault"],
      isIncremental: true,
    });
    expect(second.parent_id).toBe(first.backup_id);
    await backups.recordVerification(copyId(first), { level: 1, result: "missing" });
    const third = { source: "etc", providers: ["vault"], isIncremental: true };
    expect(await backups.start(third)).toMatchObject({ type: "full", fell_back: true });
    const both = await backups.start({ ...third, providers: ["vault", "other"] });
    expect(both.parent_id).toBe(elsewhere.backup_id);
    expect(copyOf(both, "vault").parent_copy).toBeNull();
    expect(copyOf(both, "other").parent_copy?.backup_copy_id).toBe(copyId(elsewhere, "other"));
  });

  test.each([
    ["of another source", "other source"],
    ["that runs", "running"],
    ["with a bad copy", "corrupt"],
  ])("LG033 for a parent %s", async (_name, kind) => {
    await session.client.query(
      "select lastgood.add_source('two', 'files', 'engine.test', 'files')",
    );
    const parent =
      kind === "running"
        ? await backups.start({ source: "etc" })
        : await makeBackup(session.client, {
            source: kind === "other source" ? "two" : "etc",
          });
    if (kind === "corrupt") {
      await backups.recordVerification(copyId(parent), { level: 2, result: "corrupt" });
    }
    const start = async (): Promise<unknown> =>
      backups.start({ source: "etc", parentId: parent.backup_id });
    expect(await codeOf(session.client, start)).toBe("LG033");
  });

  test("LG033 where something that the parent builds on is going", async () => {
    const first = await makeBackup(session.client);
    const second = await makeBackup(session.client, { isIncremental: true });
    await session.client.query(
      "update lastgood.backup set state = 'DELETING' where backup_id = $1",
      [first.backup_id],
    );
    const start = async (): Promise<unknown> =>
      backups.start({ source: "etc", parentId: second.backup_id });
    expect(await codeOf(session.client, start)).toBe("LG033");
    expect((await backups.start({ source: "etc", isIncremental: true })).fell_back).toBe(true);
  });
});

import { describe, expect, test } from "vitest";
import * as surface from "../../src/index.ts";
import { report } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

describe("EngineBackupLogDao", () => {
  test("the last success of a scope, of one system or of any", async () => {
    const dao = new surface.EngineBackupLogDao(session.client);
    expect(await dao.getLastSuccessful("db")).toBeUndefined();
    await report(session.client, { fqdn: "a", doneAt: at({ hours: -3 }), message: "A" });
    await report(session.client, { fqdn: "b", doneAt: at({ hours: -2 }), message: "B" });
    await report(session.client, { fqdn: "c", doneAt: at({ hours: -1 }), status: -1 });
    await report(session.client, { fqdn: "c", doneAt: noon, scope: "DB" });
    expect(await dao.getLastSuccessful("db")).toMatchObject({
      fqdn: "b",
      done_at: at({ hours: -2 }),
    });
    expect(await dao.getLastSuccessful("db", "a")).toEqual({
      audit_log_id: expect.any(Number) as number,
      scope: "db",
      done_at: at({ hours: -3 }),
      is_passed: true,
      output_message: "A",
      fqdn: "a",
      log_path: "/var/log/backup.log",
      counts_from: at({ hours: -3 }),
      run_id: null,
      backup_id: null,
    });
    expect(await dao.getLastSuccessful("db", "c")).toBeUndefined();
    expect(await dao.getLastSuccessful("nope")).toBeUndefined();
  });

  test("the last success is the newest by time, not by arrival, also of a system without a name", async () => {
    const dao = new surface.EngineBackupLogDao(session.client);
    await report(session.client, { fqdn: null, doneAt: noon });
    await report(session.client, { fqdn: null, doneAt: at({ days: -1 }) });
    expect(await dao.getLastSuccessful("db", "")).toMatchObject({ done_at: noon });
    expect(await dao.getLastSuccessful("db")).toMatchObject({ fqdn: "", done_at: noon });
  });

  test("pages newest first, stable while rows come", async () => {
    const dao = new surface.EngineBackupLogDao(session.client);
    const ids: (number | null)[] = [];
    for (let hours = 5; hours > 0; hours -= 1) {
      ids.unshift(await report(session.client, { doneAt: at({ hours: -hours }) }));
    }
    const first = await dao.getAttempts({ limit: 2 });
    await report(session.client, { doneAt: noon });
    const before = first.at(-1)?.audit_log_id ?? 0;
    const second = await dao.getAttempts({ limit: 2, before });
    const third = await dao.getAttempts({ limit: 2, before: second.at(-1)?.audit_log_id ?? 0 });
    expect([...first, ...second, ...third].map((row) => row.audit_log_id)).toEqual(ids);
  });

  test("filters by system and scope", async () => {
    const dao = new surface.EngineBackupLogDao(session.client);
    await report(session.client, { fqdn: "a", scope: "db", doneAt: noon });
    await report(session.client, { fqdn: "a", scope: "files", doneAt: noon });
    await report(session.client, { fqdn: "b", scope: "db", doneAt: noon });
    const rows = await dao.getAttempts({ fqdn: "a", scope: "files" });
    expect(rows.map(({ fqdn, scope }) => `${fqdn}/${scope}`)).toEqual(["a/files"]);
    expect(await dao.getAttempts({ fqdn: "nope" })).toEqual([]);
  });

  test.each([0, -1, 1001, 1.5, Number.NaN])("a limit of %d is refused", async (limit) => {
    await expect(
      new surface.EngineBackupLogDao(session.client).getAttempts({ limit }),
    ).rejects.toThrow(RangeError);
    await expect(new surface.AuditLogDao(session.client).getEvents({ limit })).rejects.toThrow(
      RangeError,
    );
  });
});

test("every reader can only get", () => {
  const daos = Object.entries(surface).filter(([name]) => name.endsWith("Dao"));
  expect(daos.length).toBeGreaterThanOrEqual(7);
  for (const [, dao] of daos) {
    const methods = Object.getOwnPropertyNames((dao as new (db: never) => object).prototype);
    expect(methods.filter((name) => !/^(constructor|get[A-Z]\w*)$/.test(name))).toEqual([]);
  }
});

test("the verdict views, as numbers and dates", async () => {
  await report(session.client, { requiredScopes: ["db"], doneAt: at({ hours: -30 }) });
  await session.client.query("select lastgood.check_backup_freshness()");
  const [scope] = await new surface.BackupStatusDao(session.client).getScopes({
    fqdn: "engine.test",
  });
  expect(scope).toEqual({
    fqdn: "engine.test",
    scope: "db",
    is_required: true,
    state: "outdated",
    activity: "idle",
    last_success_at: at({ hours: -30 }),
    age_seconds: 108_000,
    last_attempt_at: at({ hours: -30 }),
    last_attempt_passed: true,
    running_since: null,
    proof_level: 0,
    alert_after_seconds: 86_400,
    due_at: at({ hours: -6 }),
    due_by: null,
    schedule_state: "none",
  });
  const [system] = await new surface.SystemStatusDao(session.client).getSystems();
  expect(system).toEqual({
    fqdn: "engine.test",
    state: "outdated",
    activity: "idle",
    last_full_backup_at: at({ hours: -30 }),
    age_seconds: 108_000,
    alert_after_seconds: 86_400,
    is_checked: true,
    last_check_at: noon,
    alert: "ENGINE_NO_WARM_BACKUP",
    check_status: 2,
    due_at: at({ hours: -6 }),
  });
  const [alert] = await new surface.ActiveAlertDao(session.client).getAlerts();
  expect(alert).toMatchObject({
    fqdn: "engine.test",
    raised_at: noon,
    is_dismissed: false,
    audit_log_id: expect.any(Number) as number,
  });
  expect(await new surface.CheckSummaryDao(session.client).getSummary()).toMatchObject({
    check_status: 2,
    outdated: 1,
  });
  expect(await new surface.SystemDao(session.client).getSystems()).toMatchObject([
    { fqdn: "engine.test", required_scopes: ["db"], alert_after_seconds: null, retired_at: null },
  ]);
  expect(await new surface.SystemStatusDao(session.client).getSystems({ fqdn: "nope" })).toEqual(
    [],
  );
});

test("verdicts, page by page", async () => {
  for (const fqdn of ["a", "B", "c", "ä"]) {
    await report(session.client, { fqdn, scope: "x", requiredScopes: ["x", "db"], doneAt: noon });
  }
  const systems = new surface.SystemStatusDao(session.client);
  const first = await systems.getSystems({ limit: 3 });
  const second = await systems.getSystems({ limit: 3, after: first.at(-1)?.fqdn ?? "" });
  expect([...first, ...second].map(({ fqdn }) => fqdn)).toEqual(["B", "a", "c", "ä"]);
  const scopes = new surface.BackupStatusDao(session.client);
  const names: string[] = [];
  let page = await scopes.getScopes({ limit: 3 });
  while (page.length > 0) {
    names.push(...page.map(({ fqdn, scope }) => `${fqdn}/${scope}`));
    const after = page.at(-1);
    page = after ? await scopes.getScopes({ limit: 3, after }) : [];
  }
  expect(names).toEqual(["B/db", "B/x", "a/db", "a/x", "c/db", "c/x", "ä/db", "ä/x"]);
  await expect(systems.getSystems({ limit: 0 })).rejects.toThrow(RangeError);
  await expect(scopes.getScopes({ limit: 1001 })).rejects.toThrow(RangeError);
});

test("the config, one key or all of them", async () => {
  const dao = new surface.BackupConfigDao(session.client);
  expect(await dao.getKeys("BackupCheckPeriodInHours")).toMatchObject([
    { value: "6", type: "Integer", default_value: "6", is_default: true },
  ]);
  expect((await dao.getKeys()).length).toBeGreaterThanOrEqual(10);
  expect(await dao.getKeys("nope")).toEqual([]);
});

test("events, filtered and paged", async () => {
  const dao = new surface.AuditLogDao(session.client);
  await report(session.client, { status: 0, doneAt: at({ hours: -1 }), message: "one" });
  await report(session.client, { status: -1, doneAt: noon, message: "two", scope: "files" });
  const failed = await dao.getEvents({ logTypeName: "ENGINE_BACKUP_FAILED" });
  expect(failed).toMatchObject([{ message: "two", severity: 2, scope: "files", log_time: noon }]);
  expect(await dao.getEvents({ scope: "db" })).toMatchObject([{ message: "one" }]);
  expect(await dao.getEvents({ before: failed[0]?.audit_log_id ?? 0, scope: "files" })).toEqual([]);
});

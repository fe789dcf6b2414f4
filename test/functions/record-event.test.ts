import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createRole, dropRole, report } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

async function rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await session.client.query(text, values)).rows;
}

async function count(table: string, where = "true"): Promise<number> {
  const [row] = await rows(
    `select count(*)::integer as count from lastgood.${table} where ${where}`,
  );
  return Number(row?.["count"]);
}

describe("what a report leaves", () => {
  test.each([
    [0, "ENGINE_BACKUP_STARTED", 9024, 0, 0],
    [1, "ENGINE_BACKUP_COMPLETED", 9025, 0, 1],
    [-1, "ENGINE_BACKUP_FAILED", 9026, 2, 1],
  ])("status %i leaves %s", async (status, name, type, severity, logRows) => {
    const id = await report(session.client, {
      status,
      doneAt: noon,
      message: "text",
      logPath: "/l",
    });
    expect(
      await rows(
        `select audit_log_id::integer as id, log_type_name, log_type, severity, message, fqdn, scope,
                log_time, done_at, log_path, deleted
         from lastgood.audit_log where log_type between 9024 and 9026`,
      ),
    ).toEqual([
      {
        id,
        log_type_name: name,
        log_type: type,
        severity,
        message: "text",
        fqdn: "engine.test",
        scope: "db",
        log_time: noon,
        done_at: noon,
        log_path: "/l",
        deleted: false,
      },
    ]);
    expect(
      await rows(
        `select scope, done_at, is_passed, output_message, fqdn, log_path, audit_log_id::integer as id
         from lastgood.engine_backup_log`,
      ),
    ).toEqual(
      logRows === 0
        ? []
        : [
            {
              scope: "db",
              done_at: noon,
              is_passed: status === 1,
              output_message: "text",
              fqdn: "engine.test",
              log_path: "/l",
              id,
            },
          ],
    );
  });

  test("session, role, client address and arrival are kept", async () => {
    await session.client.query("grant usage on schema lastgood to pg_monitor");
    await session.client.query("grant execute on function lastgood.record_event to pg_monitor");
    await session.client.query("set local role pg_monitor");
    await report(session.client, {});
    await session.client.query("reset role");
    const [row] = await rows(
      `select reported_by = session_user as is_by_me, reported_as,
              client_addr is not distinct from inet_client_addr() as is_from_here,
              arrived_at between clock_timestamp() - interval '1 minute' and clock_timestamp() as is_now
       from lastgood.audit_log where done_at is not null`,
    );
    expect(row).toEqual({
      is_by_me: true,
      reported_as: "pg_monitor",
      is_from_here: true,
      is_now: true,
    });
  });

  test("texts are cut to a million characters, so that every row can be dumped", async () => {
    await session.client.query(
      `select lastgood.record_event('db', $1, 1, repeat('ü', 2000000), 'engine.test',
         repeat('l', 2000000), p_run_id => repeat('r', 2000000))`,
      [noon],
    );
    expect(
      await rows(
        `select length(output_message) as message, length(log_path) as path, length(run_id) as run
         from lastgood.engine_backup_log`,
      ),
    ).toEqual([{ message: 1_000_000, path: 1_000_000, run: 1_000_000 }]);
  });

  test("quotes, newlines and non-ASCII are kept as they are", async () => {
    const text = `it's "so"\n\\ $$ ; -- ‹ü→日本🙂› %s {}`;
    await report(session.client, {
      message: text,
      scope: text.slice(0, 20),
      fqdn: text,
      logPath: text,
    });
    expect(
      await rows("select output_message, scope, fqdn, log_path from lastgood.engine_backup_log"),
    ).toEqual([{ output_message: text, scope: text.slice(0, 20), fqdn: text, log_path: text }]);
  });

  test("null message and log path are empty, null fqdn is the system ''", async () => {
    await session.client.query(
      "select lastgood_report.log_engine_backup_event('db', $1, 1, null, null, null)",
      [noon],
    );
    expect(
      await rows("select output_message, fqdn, log_path from lastgood.engine_backup_log"),
    ).toEqual([{ output_message: "", fqdn: "", log_path: "" }]);
    expect(await rows("select fqdn from lastgood.system_status")).toEqual([{ fqdn: "" }]);
  });
});

describe("bad values become a warning event and count as nothing", () => {
  test.each([
    ["no scope", { scope: null }],
    ["an empty scope", { scope: "" }],
    ["a scope of 65 characters", { scope: "x".repeat(65) }],
    [
      "a random scope that breaks an index row",
      { scope: Array.from({ length: 150 }, () => randomUUID()).join("") },
    ],
    ["no done_at", { doneAt: null }],
    ["done_at infinity", { doneAt: "infinity" }],
    ["done_at -infinity", { doneAt: "-infinity" }],
    ["status 7", { status: 7 }],
    ["status 2147483647", { status: 2_147_483_647 }],
    ["no status", { status: null }],
    ["an fqdn of 256 characters", { fqdn: "x".repeat(256) }],
  ])("%s", async (_name, event) => {
    const id = await report(session.client, { message: "kept", ...event });
    expect(id).not.toBeNull();
    expect(await count("engine_backup_log")).toBe(0);
    expect(await count("system")).toBe(0);
    const events = await rows(
      "select log_type_name, severity, message, done_at from lastgood.audit_log where audit_log_id = $1",
      [id],
    );
    expect(events).toEqual([
      {
        log_type_name: "LASTGOOD_INVALID_EVENT",
        severity: 1,
        done_at: null,
        message: expect.stringMatching(/kept$/) as string,
      },
    ]);
  });

  test("a replay of a bad report is one event", async () => {
    const eventId = randomUUID();
    const first = await report(session.client, { status: 7, eventId });
    expect(await report(session.client, { status: 7, eventId })).toBe(first);
    expect(await count("audit_log", "log_type = 9100")).toBe(1);
  });

  test.each([
    ["a scope of 64 characters", { scope: "x".repeat(64) }],
    ["an fqdn of 255", { fqdn: "x".repeat(255) }],
  ])("%s is good", async (_name, event) => {
    await report(session.client, event);
    expect(await count("engine_backup_log")).toBe(1);
  });
});

describe("duplicates count once", () => {
  test("the same system, scope, done_at and status", async () => {
    const first = await report(session.client, { doneAt: noon });
    expect(await report(session.client, { doneAt: noon, message: "again" })).toBe(first);
    expect(await count("engine_backup_log")).toBe(1);
  });

  test.each([
    ["another system", { fqdn: "other.test" }],
    ["another scope", { scope: "files" }],
    ["another time", { doneAt: at({ seconds: 1 }) }],
    ["another status", { status: -1 }],
  ])("%s is no duplicate", async (_name, event) => {
    const first = await report(session.client, { doneAt: noon });
    expect(await report(session.client, { doneAt: noon, ...event })).not.toBe(first);
  });

  test("the same event_id, whatever else it says", async () => {
    const eventId = randomUUID();
    const first = await report(session.client, { doneAt: noon, eventId });
    expect(await report(session.client, { doneAt: at({ hours: -1 }), status: -1, eventId })).toBe(
      first,
    );
    expect(await count("engine_backup_log")).toBe(1);
  });

  test("different event_ids at one time are two events", async () => {
    const first = await report(session.client, { doneAt: noon, eventId: randomUUID() });
    expect(await report(session.client, { doneAt: noon, eventId: randomUUID() })).not.toBe(first);
  });

  test("a plain report of what a helper has reported is a duplicate", async () => {
    const first = await report(session.client, { doneAt: noon, eventId: randomUUID() });
    expect(await report(session.client, { doneAt: noon })).toBe(first);
  });

  test("a time in the future is one event however often it is sent", async () => {
    const doneAt = "2999-01-01T00:00:00Z";
    const first = await report(session.client, { doneAt });
    expect(await report(session.client, { doneAt })).toBe(first);
    expect(await count("engine_backup_log")).toBe(1);
  });
});

describe("done_at and arrival", () => {
  test("a time in the future counts from its arrival", async () => {
    await report(session.client, { doneAt: "2999-01-01T00:00:00Z" });
    const [row] = await rows(
      `select l.done_at, l.counts_from = a.arrived_at as counts_from_arrival,
              a.log_time = a.arrived_at as is_logged_at_arrival
       from lastgood.engine_backup_log as l join lastgood.audit_log as a using (audit_log_id)`,
    );
    expect(row).toEqual({
      done_at: new Date("2999-01-01T00:00:00Z"),
      counts_from_arrival: true,
      is_logged_at_arrival: true,
    });
  });

  test("recording never reads the fake clock", async () => {
    await session.client.query("set local lastgood.fake_now = '2999-06-01'");
    await report(session.client, { doneAt: "2999-01-01T00:00:00Z" });
    expect(await count("engine_backup_log", "counts_from < clock_timestamp()")).toBe(1);
  });
});

describe("systems register themselves", () => {
  test("with the first report, and follow BackupRequiredScopes", async () => {
    await report(session.client, { status: 0 });
    expect(
      await rows("select fqdn, required_scopes, is_self_registered from lastgood.system"),
    ).toEqual([{ fqdn: "engine.test", required_scopes: null, is_self_registered: true }]);
  });

  test("with the scopes of the report that makes them known, and of no later one", async () => {
    await report(session.client, { requiredScopes: ["db"] });
    await report(session.client, { requiredScopes: ["db", "files"], doneAt: noon });
    expect(await rows("select required_scopes from lastgood.system")).toEqual([
      { required_scopes: ["db"] },
    ]);
  });

  test.each([
    ["none", []],
    ["a null", [null]],
    ["an empty one", ["db", ""]],
    ["one that is too long", ["x".repeat(65)]],
    ["more than 100", Array.from({ length: 101 }, (_, place) => `scope ${place}`)],
  ])("and where those are no scopes (%s), it follows the config", async (_name, requiredScopes) => {
    await report(session.client, { requiredScopes: requiredScopes as string[], doneAt: noon });
    expect(await rows("select fqdn, required_scopes from lastgood.system")).toEqual([
      { fqdn: "engine.test", required_scopes: null },
    ]);
    expect(await rows("select scope, state from lastgood.backup_status order by 1")).toHaveLength(
      2,
    );
  });

  test("with each scope once", async () => {
    await report(session.client, { requiredScopes: ["db", "db", "a,b"] });
    expect(await rows("select required_scopes from lastgood.system")).toEqual([
      { required_scopes: ["db", "a,b"] },
    ]);
  });

  test("not while BackupAutoRegister is false; what they reported counts once they are added", async () => {
    await session.client.query("select lastgood.set_config_value('BackupAutoRegister', 'false')");
    await report(session.client, { doneAt: noon });
    expect(await rows("select fqdn from lastgood.system_status")).toEqual([]);
    await session.client.query("select lastgood.add_system('engine.test', array['db'])");
    expect(await rows("select fqdn, state from lastgood.system_status")).toEqual([
      { fqdn: "engine.test", state: "ok" },
    ]);
  });

  test("up to BackupAutoRegisterLimit, beyond which one alert says so until it is raised", async () => {
    await session.client.query("select lastgood.set_config_value('BackupAutoRegisterLimit', '2')");
    for (const fqdn of ["a", "b", "c", "d"]) {
      await report(session.client, { fqdn, requiredScopes: ["db"] });
    }
    await session.client.query("select lastgood.check_backup_freshness()");
    await session.client.query("select lastgood.check_backup_freshness()");
    expect(await rows("select fqdn from lastgood.system order by 1")).toEqual([
      { fqdn: "a" },
      { fqdn: "b" },
    ]);
    const alerts = "select log_type_name from lastgood.active_alert where fqdn is null";
    expect(await rows(alerts)).toEqual([{ log_type_name: "LASTGOOD_TOO_MANY_SYSTEMS" }]);
    await session.client.query("select lastgood.set_config_value('BackupAutoRegisterLimit', '10')");
    expect(await rows(alerts)).toEqual([]);
    expect(await rows("select fqdn, state from lastgood.system_status order by 1")).toHaveLength(4);
  });

  test("a flood of names beyond the limit slows neither checks nor reports", async () => {
    await report(session.client, { requiredScopes: ["db"], doneAt: noon });
    await session.client.query("select lastgood.set_config_value('BackupAutoRegisterLimit', '1')");
    await session.client.query(
      `insert into lastgood.audit_log
         (log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, awaits_system)
       select $1, 9025, 'ENGINE_BACKUP_COMPLETED', 0, '', 'flood' || i, 'db', $1, true
       from generate_series(1, 50000) as i`,
      [noon],
    );
    await session.client.query("set local statement_timeout = '20s'");
    await session.client.query("select lastgood.check_backup_freshness()");
    const alert = "select message, ctid from lastgood.audit_log where log_type = 9120";
    const raised = await rows(alert);
    expect(raised).toHaveLength(1);
    await report(session.client, { doneAt: at({ seconds: 1 }) });
    await report(session.client, { fqdn: "flood1", doneAt: at({ seconds: 1 }) });
    expect(await rows(alert)).toEqual(raised);
    expect(await count("system")).toBe(1);
  });
});

describe("who may report", () => {
  test("a system may name its reporters; what others say becomes a warning event", async () => {
    const role = await createRole();
    try {
      await session.client.query("select lastgood.add_system('engine.test', array['db'])");
      await session.client.query("select lastgood.set_reporters('engine.test', array[$1])", [
        role.user,
      ]);
      await session.client.query(
        "select lastgood.set_reporters('engine.test', array['pg_monitor'])",
      );
      await session.client.query(`grant execute on function lastgood.record_event to ${role.user}`);
      await session.client.query(`grant usage on schema lastgood to ${role.user}`);
      await session.client.query(`set local session authorization ${role.user}`);
      const id = await report(session.client, { doneAt: noon });
      await session.client.query("reset session authorization");
      expect(
        await rows(
          "select log_type_name, reported_by from lastgood.audit_log where audit_log_id = $1",
          [id],
        ),
      ).toEqual([{ log_type_name: "LASTGOOD_UNTRUSTED_EVENT", reported_by: role.user }]);
      expect(await rows("select state from lastgood.system_status")).toEqual([
        { state: "missing" },
      ]);
    } finally {
      await session.client.query("rollback");
      await dropRole(role);
    }
  });

  test("only sealing names a backup: the number is ignored with a warning event, the report counts", async () => {
    await report(session.client, { backupId: 42, doneAt: noon });
    expect(await rows("select is_passed, backup_id from lastgood.engine_backup_log")).toEqual([
      { is_passed: true, backup_id: null },
    ]);
    expect(await count("audit_log", "log_type_name = 'LASTGOOD_IGNORED_BACKUP_ID'")).toBe(1);
  });
});

import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { copyTemplate, createRole, dropRole, type TestDatabase } from "../support/database.ts";
import { deadUrl, forget, lastgood, newEnv, recorded, spooled, type Env } from "./support.ts";

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
beforeEach(() => forget(client));
afterAll(() => database.drop());

function connected(more: Env = {}): ReturnType<typeof newEnv> {
  return newEnv({ DATABASE_URL: database.url, ...more });
}

const completed = ["log-event", "--scope", "db", "--status", "completed"];

describe("an event", () => {
  test.each([
    ["started", "ENGINE_BACKUP_STARTED"],
    ["0", "ENGINE_BACKUP_STARTED"],
    ["completed", "ENGINE_BACKUP_COMPLETED"],
    ["1", "ENGINE_BACKUP_COMPLETED"],
    ["failed", "ENGINE_BACKUP_FAILED"],
    ["-1", "ENGINE_BACKUP_FAILED"],
  ])("with --status %s is recorded, and its id printed", async (status, type) => {
    const result = await lastgood(["log-event", "--scope", "db", "--status", status], connected());
    const [row, ...others] = await recorded(client);
    expect(others).toEqual([]);
    expect(row?.log_type_name).toBe(type);
    expect(result).toEqual({ status: 0, stdout: `${row?.audit_log_id}\n`, stderr: "" });
  });

  test("has everything in it that was given", async () => {
    const args = [
      "--message",
      'it\'s\n"done" \\ ä€😀 $(x)',
      "--fqdn",
      "n'1.test",
      "--log-path",
      "/var/log/it's.log",
      "--run-id",
      "run 1",
      "--done-at",
      "2026-01-31T23:59:00.5+02:00",
      "--event-id",
      "00000000-0000-4000-8000-000000000001",
    ];
    expect(await lastgood([...completed, ...args], connected())).toMatchObject({ status: 0 });
    expect((await recorded(client))[0]).toMatchObject({
      scope: "db",
      message: 'it\'s\n"done" \\ ä€😀 $(x)',
      fqdn: "n'1.test",
      log_path: "/var/log/it's.log",
      run_id: "run 1",
      done_at: new Date("2026-01-31T21:59:00.5Z"),
      event_id: "00000000-0000-4000-8000-000000000001",
    });
  });

  test("that is reported again under its id is recorded once", async () => {
    const env = connected();
    const args = [...completed, "--event-id", "00000000-0000-4000-8000-000000000002"];
    const first = await lastgood(args, env);
    expect(await lastgood(args, env)).toEqual(first);
    expect(await recorded(client)).toHaveLength(1);
  });

  test("for several scopes is one event each, as one JSON document", async () => {
    const { stdout } = await lastgood([...completed, "--scope", "files", "--json"], connected());
    const rows = await recorded(client);
    expect(JSON.parse(stdout)).toEqual({
      events: rows.map(({ scope, event_id, audit_log_id }) => ({
        scope,
        event_id,
        fate: "recorded",
        audit_log_id: Number(audit_log_id),
      })),
    });
    expect(rows.map(({ scope }) => scope)).toEqual(["db", "files"]);
  });

  test("leaves a new system with the configured scopes", async () => {
    await lastgood(completed, connected());
    const { rows } = await client.query("select required_scopes from lastgood.system");
    expect(rows).toEqual([{ required_scopes: null }]);
  });

  test("is of this host where nothing names it", async () => {
    const { LASTGOOD_FQDN: _unset, ...env } = connected();
    expect(await lastgood(completed, env)).toMatchObject({ status: 0 });
    expect((await recorded(client))[0]?.fqdn).toMatch(/./);
  });

  test("can be reported by a role that may do nothing else", async () => {
    const role = await createRole();
    const own = await copyTemplate();
    try {
      const owner = await own.connect();
      await owner.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
      const env = newEnv({ DATABASE_URL: own.urlFor(role) });
      expect(await lastgood(completed, env)).toMatchObject({ status: 0, stderr: "" });
      expect(await recorded(owner)).toHaveLength(1);
    } finally {
      await own.drop();
      await dropRole(role);
    }
  });
});

describe("wrong usage ends with 2 and records nothing", () => {
  test.each([
    ["no scope", ["--status", "completed"]],
    ["no status", ["--scope", "db"]],
    ["an unknown status", ["--scope", "db", "--status", "done"]],
    ["no time", [...completed.slice(1), "--done-at", "yesterday"]],
    ["a day that does not exist", [...completed.slice(1), "--done-at", "2026-02-30T00:00:00Z"]],
    ["an infinite time", [...completed.slice(1), "--done-at", "infinity"]],
    ["an id that is none", [...completed.slice(1), "--event-id", "7"]],
    [
      "one id for two scopes",
      [
        ...completed.slice(1),
        "--scope",
        "files",
        "--event-id",
        "00000000-0000-4000-8000-000000000003",
      ],
    ],
    ["an event with --replay", [...completed.slice(1), "--replay"]],
    ["too long an fqdn", [...completed.slice(1), "--fqdn", "x".repeat(256)]],
  ])("%s", async (_what, args) => {
    const env = connected();
    expect(await lastgood(["log-event", ...args], env)).toMatchObject({ status: 2, stdout: "" });
    expect(await recorded(client)).toEqual([]);
    expect(spooled(env)).toEqual([]);
  });

  test("no database", async () => {
    const env = newEnv({ LASTGOOD_HOME: "/nonexistent" });
    expect(await lastgood(completed, env)).toMatchObject({ status: 2 });
    expect(spooled(env)).toEqual([]);
  });
});

describe("while the database is away", () => {
  test("the event is safe on disk, which is 0 and said on stderr", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    const result = await lastgood([...completed, "--json"], env);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("sent later");
    expect(JSON.parse(result.stdout)).toMatchObject({
      events: [{ fate: "kept", audit_log_id: null }],
    });
    expect(spooled(env)).toHaveLength(1);
    expect(await lastgood(["log-event", "--replay"], env)).toMatchObject({ status: 3 });
  });

  test("an event that can be kept nowhere ends with 3", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    mkdirSync(join(env.LASTGOOD_STATE_DIR, "spool"), { recursive: true });
    chmodSync(join(env.LASTGOOD_STATE_DIR, "spool"), 0o770);
    const result = await lastgood(completed, env);
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("the report is lost");
  });

  test("a schema that is not installed is no reason to lose an event", async () => {
    const env = newEnv({ DATABASE_URL: database.url.replace(database.name, "postgres") });
    const result = await lastgood(completed, env);
    expect(result.status).toBe(0);
    expect(result.stderr).toMatch(/lastgood/);
    expect(spooled(env)).toHaveLength(1);
  });

  test("nothing waits, so that a crontab's replay connects to nothing and says nothing", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    const nothing = { status: 0, stdout: "", stderr: "" };
    expect(await lastgood(["log-event", "--replay"], env)).toEqual(nothing);
  });

  test("events for another database are named, and not sent to this one", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    await lastgood(completed, env);
    const result = await lastgood(completed, { ...env, DATABASE_URL: database.url });
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("localhost:1/nowhere");
    expect(await recorded(client)).toHaveLength(1);
    expect(spooled(env)).toHaveLength(1);
  });
});

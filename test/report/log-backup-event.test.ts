import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findClientProgram } from "../../src/server/client-programs.ts";
import { copyTemplate, createRole, dropRole, type TestDatabase } from "../support/database.ts";
import { skip } from "../support/skip.ts";
import {
  deadUrl,
  forget,
  helper,
  isInstalled,
  lastgood,
  newEnv,
  recorded,
  shells,
  spooled,
  start,
  type Env,
} from "./support.ts";

const psql = await findClientProgram("psql", { env: process.env });
if (psql === undefined) console.warn("psql is not installed: log-backup-event.sh is not tested");

const completed = ["--scope", "db", "--status", "completed"];
const quiet = { status: 0, stdout: "", stderr: "" };

describe.skipIf(psql === undefined).each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "log-backup-event.sh under %s",

  (_name, shell) => {
    let database: TestDatabase;
    let client: Client;

    beforeAll(async () => {
      database = await copyTemplate();
      client = await database.connect();
    });
    beforeEach(async (context) => {
      if (!isInstalled(shell)) skip(context, `${shell[0]} is not installed`);
      await forget(client);
    });
    afterAll(() => database.drop());

    function connected(more: Env = {}): ReturnType<typeof newEnv> {
      return newEnv({ DATABASE_URL: database.url, LASTGOOD_PSQL: psql?.path ?? "", ...more });
    }

    function away(more: Env = {}): ReturnType<typeof newEnv> {
      return connected({ DATABASE_URL: deadUrl, ...more });
    }

    const run = (args: readonly string[], env: Env) => helper(shell, args, env);

    test.each([
      ["started", "ENGINE_BACKUP_STARTED"],
      ["1", "ENGINE_BACKUP_COMPLETED"],
      ["-1", "ENGINE_BACKUP_FAILED"],
    ])("reports --status %s and says nothing", async (status, type) => {
      const args = ["--scope", "db", "--scope", "files", `--status=${status}`];
      expect(await run(args, connected())).toEqual(quiet);
      const rows = await recorded(client);
      expect(rows.map((row) => [row.log_type_name, row.scope, row.fqdn])).toEqual([
        [type, "db", "engine.test"],
        [type, "files", "engine.test"],
      ]);
      expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(2);
      for (const row of rows) expect(row.done_at.getTime()).toBeLessThan(row.arrived_at.getTime());
    });

    test("keeps hostile values byte for byte, sent at once or later", async () => {
      const bytes = Array.from({ length: 126 }, (_, place) => String.fromCharCode(place + 1)).join(
        "",
      );
      const hostile = [
        `${bytes}'; drop table x; --`,
        "$lastgood$ $lastgood_$",
        "ends in $",
        "\\",
        "'",
        '"',
        "\n",
        "\n\nlines\n\n",
        "\\.\n\\q\n",
        ":x :'x' %s %% \\n",
        "äÁ€😀\u0081\u0088",
        "-1",
        "+a\n+b\nmessage=c",
        "a\r\nb",
        "`id` $(id) $HOME *",
        '{"a",b}',
        "x".repeat(70_000),
      ];
      const env = connected();
      // Five values at a time, so that the texts beside a hostile one are hostile too.
      for (let place = 0; place < hostile.length; place += 3) {
        const [message = "", logPath = "", runId = "", fqdn = "", scope = ""] = [0, 1, 2, 3, 4]
          .map((step) => hostile[(place + step) % hostile.length] ?? "")
          .map((value, at) => value.slice(0, [70_000, 65_536, 65_536, 200, 60][at]));
        const all = [
          "--scope",
          scope,
          "--status",
          "1",
          "--message",
          message,
          "--fqdn",
          fqdn,
          "--log-path",
          logPath,
          "--run-id",
          runId,
        ];
        await run(all, { ...env, DATABASE_URL: deadUrl });
        expect(await run([...all, "--any-database"], env)).toEqual(quiet);
        const cut = message.slice(0, 65_536);
        const row = { scope, message: cut, fqdn, log_path: logPath, run_id: runId };
        expect(await recorded(client)).toMatchObject([row, row]);
        await forget(client);
      }
    });

    test("drops bytes that are no UTF-8 rather than the event", async () => {
      const script = String.raw`message=$(printf 'gut \303\244 \377 b\303'); shift; exec "$@" --message "$message"`;
      const [program, ...options] = shell;
      const file = new URL("../../bin/log-backup-event.sh", import.meta.url).pathname;
      const args = ["-c", script, "sh", "x", program, ...options, file, ...completed];
      expect(await start("sh", args, connected()).finished).toEqual(quiet);
      expect((await recorded(client)).map(({ message }) => message)).toEqual(["gut ä  b"]);
    });

    test("can be told everything", async () => {
      const args = ["--done-at", "2026-01-31 23:59:00+02", "--run-id", "r1", "--fqdn", "n1.test"];
      const id = "00000000-0000-4000-8000-00000000000A";
      const { DATABASE_URL: url, ...env } = connected();
      const all = [...completed, ...args, "--event-id", id, "--database-url", String(url)];
      expect(await run(all, env)).toEqual(quiet);
      expect(await run(all, env)).toEqual(quiet);
      expect(await recorded(client)).toMatchObject([
        {
          event_id: id.toLowerCase(),
          run_id: "r1",
          fqdn: "n1.test",
          done_at: new Date("2026-01-31T21:59:00Z"),
        },
      ]);
    });

    test("takes libpq's variables, and nothing else from its surroundings", async () => {
      const url = new URL(database.url);
      const { LASTGOOD_STATE_DIR, LASTGOOD_PSQL } = connected();
      const env = {
        PATH: "/usr/bin:/bin",
        LASTGOOD_STATE_DIR,
        LASTGOOD_PSQL: String(LASTGOOD_PSQL),
        PGHOST: url.hostname,
        PGPORT: url.port,
        PGUSER: url.username,
        PGPASSWORD: decodeURIComponent(url.password),
        PGDATABASE: database.name,
      };
      expect(await run(completed, env)).toEqual(quiet);
      expect((await recorded(client))[0]?.fqdn).toMatch(/./);
    });

    test("shows no password in its arguments", async () => {
      const role = await createRole();
      const password = "p%w&'\"\\ ü:@/?#";
      try {
        await client.query(`alter role ${role.user} password ${client.escapeLiteral(password)}`);
        await client.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
        const env = connected();
        const spy = join(env.LASTGOOD_STATE_DIR, "psql");
        mkdirSync(env.LASTGOOD_STATE_DIR);
        const lines = [
          "#!/bin/sh",
          `printf '%s\\n' "$*" >> ${spy}.args`,
          `exec ${psql?.path} "$@"`,
        ];
        writeFileSync(spy, lines.join("\n"), { mode: 0o755 });
        const plain = database.urlFor({ ...role, password: encodeURIComponent(password) });
        const url = new URL(plain);
        url.password = "";
        const inQuery = `${url.href}?application_name=x&password=${encodeURIComponent(password)}&connect_timeout=9`;
        for (const DATABASE_URL of [plain, inQuery]) {
          expect(await run(completed, { ...env, DATABASE_URL, LASTGOOD_PSQL: spy })).toEqual(quiet);
        }
        expect(await recorded(client)).toHaveLength(2);
        const seen = readFileSync(`${spy}.args`, "utf8");
        expect(seen).toContain(`postgresql://${role.user}@`);
        expect(seen).toContain("?application_name=x&connect_timeout=9");
        expect(seen).not.toContain("p%25w");
      } finally {
        await client.query(`drop owned by ${role.user}`);
        await dropRole(role);
      }
    });

    test.each([
      ["no scope", ["--status", "completed"]],
      ["an empty scope", ["--scope", "", "--status", "completed"]],
      ["no status", ["--scope", "db"]],
      ["an unknown status", ["--scope", "db", "--status", "2"]],
      ["no value", ["--scope", "db", "--status"]],
      ["an unknown option", [...completed, "--colour", "red"]],
      ["no time", [...completed, "--done-at", "now"]],
      ["no UUID", [...completed, "--event-id", "x"]],
      ["an event with --replay", [...completed, "--replay"]],
    ])("ends with 2 for wrong usage: %s", async (_what, args) => {
      const env = connected();
      expect(await run(args, env)).toMatchObject({ status: 2, stdout: "" });
      expect(await recorded(client)).toEqual([]);
      expect(spooled(env)).toEqual([]);
    });

    test("prints its options", async () => {
      const { status, stdout } = await run(["--help"], {});
      expect(status).toBe(0);
      expect(stdout).toContain("--scope SCOPE");
    });

    test("does not fail a caller that ends at the first error", async () => {
      const env = away();
      const [program, ...options] = shell;
      const file = new URL("../../bin/log-backup-event.sh", import.meta.url).pathname;
      const script = `set -eu; "$@"; echo 'goes on'`;
      const args = ["-c", script, "sh", program, ...options, file, ...completed];
      const begin = performance.now();
      expect(await start("sh", args, env).finished).toMatchObject({
        status: 0,
        stdout: "goes on\n",
        stderr: expect.stringContaining("it is kept in"),
      });
      expect(performance.now() - begin).toBeLessThan(3_000);
      const folder = join(env.LASTGOOD_STATE_DIR, "spool");
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(statSync(join(folder, String(spooled(env)[0]))).mode & 0o777).toBe(0o600);
    });

    test("sends what waited with the next report, each event once and in order", async () => {
      const env = connected();
      for (const place of [1, 2, 3, 4]) {
        const args = ["--scope", "db", "--scope", "files", "--status", "0"];
        await run([...args, "--message", String(place)], { ...env, PGPORT: "1", DATABASE_URL: "" });
      }
      expect(spooled(env)).toHaveLength(8);
      expect(await run(["--replay", "--any-database"], env)).toEqual(quiet);
      expect(await run(["--replay", "--any-database"], env)).toEqual(quiet);
      expect((await recorded(client)).map(({ message }) => message)).toEqual(
        Array.from("11223344"),
      );
      expect(spooled(env)).toEqual([]);
    });

    test("shares what waits with lastgood, in both directions", async () => {
      const env = away();
      const message = "it's\n\n+ä\\ \n";
      await run([...completed, "--message", message], env);
      await lastgood(["exec", "--scope", 'a"b\\', "--scope", "c,d", "--", "true"], env);
      const here = { ...env, DATABASE_URL: database.url };
      expect(await run(["--replay", "--any-database"], here)).toEqual(quiet);
      expect(await recorded(client)).toHaveLength(5);
      expect((await recorded(client))[0]?.message).toBe(message);
      await run([...completed, "--message", message], env);
      const replay = ["log-event", "--replay", "--any-database"];
      expect(await lastgood(replay, here)).toMatchObject({ status: 0 });
      expect((await recorded(client)).at(-1)?.message).toBe(message);
    });

    test("leaves a replay to the process that is at it, and follows one that died", async () => {
      const env = away();
      await run(completed, env);
      const here = { ...env, DATABASE_URL: database.url };
      const lock = join(env.LASTGOOD_STATE_DIR, "spool/lock");
      const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8");
      const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
      symlinkSync(`${process.pid}.${startedAt}`, lock);
      expect(await run(["--replay", "--any-database"], here)).toEqual(quiet);
      expect(spooled(env)).toHaveLength(1);
      const other = { ...here, LASTGOOD_STATE_DIR: newEnv().LASTGOOD_STATE_DIR };
      await run(completed, { ...other, DATABASE_URL: deadUrl });
      symlinkSync(`${process.pid}.1`, join(other.LASTGOOD_STATE_DIR, "spool/lock"));
      expect(await run(["--replay", "--any-database"], other)).toEqual(quiet);
      expect(spooled(other)).toEqual([]);
      expect(readdirSync(join(other.LASTGOOD_STATE_DIR, "spool"))).toEqual([]);
    });

    test("sets aside what is refused three times, and sends the rest", async () => {
      const env = connected();
      const bad = ["--scope", "bad", "--scope", "worse", ...completed, "--done-at", "2026-02-30"];
      expect((await run(bad, env)).stderr).toContain("the database refused the report");
      expect(await recorded(client)).toEqual([]);
      expect(spooled(env).every((name) => name.endsWith(".1.event"))).toBe(true);
      await run([...completed, "--message", "good"], { ...env, DATABASE_URL: deadUrl });
      const replay = ["--replay", "--any-database"];
      expect(await run(replay, env)).toEqual(quiet);
      expect((await recorded(client)).map(({ message }) => message)).toEqual(["good"]);
      const result = await run(replay, env);
      expect(result.status).toBe(0);
      expect(result.stderr.match(/set aside/g)).toHaveLength(3);
      expect(spooled(env)).toEqual([]);
      expect(readdirSync(join(env.LASTGOOD_STATE_DIR, "spool/refused"))).toHaveLength(6);
    });

    test("keeps the event where the server only reads", async () => {
      const role = await createRole();
      try {
        await client.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
        await client.query(`alter role ${role.user} set default_transaction_read_only = on`);
        const env = connected({ DATABASE_URL: database.urlFor(role) });
        expect(await run(completed, env)).toMatchObject({ status: 0 });
        const { stderr } = await run(["--replay"], env);
        expect(stderr).toContain("read-only");
        await client.query(`alter role ${role.user} reset default_transaction_read_only`);
        expect(await run(completed, env)).toEqual(quiet);
        expect(await recorded(client)).toHaveLength(2);
      } finally {
        await client.query(`drop owned by ${role.user}`);
        await dropRole(role);
      }
    });

    test("keeps the event where there is no psql", async () => {
      const env = connected({ LASTGOOD_PSQL: "/nonexistent/psql" });
      expect(await run(completed, env)).toMatchObject({ status: 0 });
      expect(spooled(env)).toHaveLength(1);
    });

    test("names what waits for another database, and does not send it to this one", async () => {
      const env = away();
      await run(completed, env);
      const result = await run(completed, { ...env, DATABASE_URL: database.url });
      expect(result.stderr).toContain("localhost:1/nowhere");
      expect(await recorded(client)).toHaveLength(1);
    });

    test("says so when the event can be kept nowhere", async () => {
      const env = away();
      mkdirSync(join(env.LASTGOOD_STATE_DIR, "spool"), { recursive: true });
      await chmod(join(env.LASTGOOD_STATE_DIR, "spool"), 0o777);
      const result = await run(completed, env);
      expect(result.status).toBe(0);
      expect(result.stderr).toContain("the report of db is lost");
      expect(result.stderr).toContain("no folder in which only this user can write");
      expect(spooled(env)).toEqual([]);
    });

    test("tells a disk that takes nothing from a folder that is not private", async () => {
      const env = away();
      const script = `trap '' XFSZ; ulimit -f 0; exec "$@"`;
      const file = new URL("../../bin/log-backup-event.sh", import.meta.url).pathname;
      const args = ["-c", script, "sh", ...shell, file, ...completed, "--scope", "files"];
      const result = await start("sh", args, env).finished;
      expect(result.status).toBe(0);
      expect(result.stderr).toMatch(/the report of db is lost: it cannot be written.*too large/);
      expect(result.stderr).toMatch(/the report of files is lost/);
      expect(result.stderr).not.toMatch(/only this user can write|kept in/);
      expect(readdirSync(join(env.LASTGOOD_STATE_DIR, "spool"))).toEqual([]);
    });
  },
);

import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  deadUrl,
  forget,
  lastgood,
  newEnv,
  recorded,
  spooled,
  startLastgood,
  type Env,
  type Running,
} from "../report/support.ts";
import { copyTemplate, createRole, dropRole, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
beforeEach(() => forget(client));
afterAll(() => database.drop());

const twoScopes = ["exec", "--scope", "db", "--scope", "files"];

function connected(more: Env = {}): ReturnType<typeof newEnv> {
  return newEnv({ DATABASE_URL: database.url, ...more });
}

/** Resolves when a running command has written this line. */
async function says(running: Running, line: string): Promise<void> {
  await vi.waitFor(() => expect(running.stdout().split("\n")).toContain(line), { timeout: 60_000 });
}

async function messages(type: string): Promise<readonly string[]> {
  const rows = await recorded(client);
  return rows.filter((row) => row.log_type_name === type).map(({ message }) => message);
}

describe("a command that succeeds", () => {
  test("is reported as started and completed for every scope of the run", async () => {
    const result = await lastgood([...twoScopes, "--", "true"], connected());
    expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
    const rows = await recorded(client);
    expect(rows.map((row) => [row.log_type_name, row.scope, row.fqdn])).toEqual([
      ["ENGINE_BACKUP_STARTED", "db", "engine.test"],
      ["ENGINE_BACKUP_STARTED", "files", "engine.test"],
      ["ENGINE_BACKUP_COMPLETED", "db", "engine.test"],
      ["ENGINE_BACKUP_COMPLETED", "files", "engine.test"],
    ]);
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(4);
    expect(new Set(rows.map(({ run_id }) => run_id)).size).toBe(1);
    for (const row of rows) expect(row.done_at.getTime()).toBeLessThan(row.arrived_at.getTime());
  });

  test("makes a new system known with its scopes as the required ones", async () => {
    await lastgood(["exec", "--scope", "etcd", "--fqdn", "n1.test", "--", "true"], connected());
    const { rows } = await client.query(
      "select fqdn, required_scopes from lastgood.system where fqdn = 'n1.test'",
    );
    expect(rows).toEqual([{ fqdn: "n1.test", required_scopes: ["etcd"] }]);
  });

  test("has its input, output and arguments passed through byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const script = 'printf "%s|" "$@" >&2; exec cat';
    const hostile = ["--json", "-V", "a b", "$HOME", "'\"", "ä\n"];
    const args = [...twoScopes, "--", "sh", "-c", script, "sh", ...hostile];
    const running = startLastgood(args, connected());
    const output: Buffer[] = [];
    running.child.stdout?.setEncoding("latin1").on("data", (text: string) => {
      output.push(Buffer.from(text, "latin1"));
    });
    running.child.stdin?.end(Buffer.concat(Array.from({ length: 4096 }, () => bytes)));
    const { status, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: `${hostile.join("|")}|` });
    expect(
      Buffer.concat(output).equals(Buffer.concat(Array.from({ length: 4096 }, () => bytes))),
    ).toBe(true);
  });

  test("may leave something running that holds its output open", async () => {
    const script = "sleep 60 & echo $!";
    const { status, stdout } = await lastgood(
      [...twoScopes, "--", "sh", "-c", script],
      connected(),
    );
    process.kill(Number(stdout));
    expect(status).toBe(0);
    expect(await messages("ENGINE_BACKUP_COMPLETED")).toHaveLength(2);
  });

  test("goes on when nobody reads its errors any more", async () => {
    const script = "read go; echo lost >&2; echo lost >&2; echo done";
    const running = startLastgood([...twoScopes, "--", "sh", "-c", script], connected());
    running.child.stderr?.destroy();
    running.child.stdin?.end("go\n");
    expect(await running.finished).toMatchObject({ status: 0, stdout: "done\n" });
    expect(await messages("ENGINE_BACKUP_COMPLETED")).toHaveLength(2);
  });

  test("is told when nobody reads its output any more, and that is reported", async () => {
    const running = startLastgood(
      [...twoScopes, "--", "sh", "-c", "read go; exec yes"],
      connected(),
    );
    running.child.stdout?.destroy();
    running.child.stdin?.end("go\n");
    expect((await running.finished).status).not.toBe(0);
    expect(await messages("ENGINE_BACKUP_FAILED")).toHaveLength(2);
  });
});

describe("a command that fails", () => {
  test("has its status passed on and its last words reported, but not its arguments", async () => {
    const script = 'echo first >&2; echo "it\'s over: \\"ä\\"" >&2; exit 3';
    const args = [...twoScopes, "--", "sh", "-c", script, "--password=geheim"];
    expect(await lastgood(args, connected())).toMatchObject({ status: 3 });
    const failures = await messages("ENGINE_BACKUP_FAILED");
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatch(
      /^lastgood exec: sh ended with exit status 3 after \d+ s\nfirst\nit's over: "ä"$/,
    );
    const { rows } = await client.query("select * from lastgood.audit_log");
    expect(JSON.stringify(rows)).not.toContain("geheim");
  });

  test("may say more than a message holds, and bytes that are no text", async () => {
    const script = String.raw`head -c 200000 /dev/zero | tr '\0' 'ä' >&2; printf '\377\0end\n' >&2; exit 1`;
    expect(await lastgood([...twoScopes, "--", "sh", "-c", script], connected())).toMatchObject({
      status: 1,
    });
    const [message = ""] = await messages("ENGINE_BACKUP_FAILED");
    expect(message.slice(-4)).toBe("\ufffdend");
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(65_536);
  });

  test("that cannot be found ends with 127", async () => {
    const result = await lastgood([...twoScopes, "--", "/nonexistent/backup"], connected());
    expect(result.status).toBe(127);
    expect(result.stderr).toBe("lastgood: backup did not run: there is no such program\n");
    expect(await messages("ENGINE_BACKUP_FAILED")).toHaveLength(2);
  });

  test("that cannot be started ends with 126", async () => {
    const env = connected();
    mkdirSync(env.LASTGOOD_STATE_DIR);
    const program = join(env.LASTGOOD_STATE_DIR, "no-program");
    writeFileSync(program, "x", { mode: 0o644 });
    expect(await lastgood([...twoScopes, "--", program], env)).toMatchObject({ status: 126 });
    expect(await messages("ENGINE_BACKUP_FAILED")).toHaveLength(2);
  });

  test.each([
    ["KILL", 137],
    ["TERM", 143],
  ])("that is killed by SIG%s ends with %i", async (signal, status) => {
    const script = `kill -${signal} $$`;
    const result = await lastgood([...twoScopes, "--", "sh", "-c", script], connected());
    expect(result.status).toBe(status);
    expect((await messages("ENGINE_BACKUP_FAILED"))[0]).toContain(`was ended by SIG${signal}`);
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s goes to the command and ends exec when that ends",
    async (signal) => {
      const script = `sleep 60 & trap 'kill $!; echo cleaned up; exit 9' ${signal.slice(3)}; echo ready; wait`;
      const running = startLastgood([...twoScopes, "--", "sh", "-c", script], connected());
      await says(running, "ready");
      running.child.kill(signal);
      expect(await running.finished).toMatchObject({ status: 9, stdout: "ready\ncleaned up\n" });
      const [message] = await messages("ENGINE_BACKUP_FAILED");
      expect(message).toMatch(new RegExp(`exit status 9 after \\d+ s, interrupted by ${signal}`));
    },
  );

  test("may come twice: each goes to the command, neither ends exec before it", async () => {
    const script = `
      sleep 60 & n=0
      trap 'n=$((n + 1)); echo got $n' TERM
      echo ready
      while [ $n -lt 2 ]; do wait $!; done
      kill $!; exit 0`;
    const running = startLastgood([...twoScopes, "--", "sh", "-c", script], connected());
    await says(running, "ready");
    running.child.kill("SIGTERM");
    await says(running, "got 1");
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ status: 0, stdout: "ready\ngot 1\ngot 2\n" });
    expect(await messages("ENGINE_BACKUP_FAILED")).toHaveLength(2);
    expect(await messages("ENGINE_BACKUP_COMPLETED")).toHaveLength(0);
  });

  test("a command that does not care is ended by it", async () => {
    const running = startLastgood(
      [...twoScopes, "--", "sh", "-c", "echo ready; exec cat"],
      connected(),
    );
    await says(running, "ready");
    running.child.kill("SIGTERM");
    expect((await running.finished).status).toBe(143);
    expect(await messages("ENGINE_BACKUP_FAILED")).toHaveLength(2);
  });
});

describe("the log", () => {
  test("holds both streams, for its owner alone, and the events name it", async () => {
    const env = connected();
    await lastgood([...twoScopes, "--", "sh", "-c", "echo out; echo err >&2; printf end"], env);
    const folder = join(env.LASTGOOD_STATE_DIR, "logs");
    const [name = ""] = readdirSync(folder);
    const path = join(folder, name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines[0]).toMatch(/^# .* sh started, scopes db, files, run /);
    // Both streams are pipes, so which of them is read first is not known; sorted by character.
    expect(Array.from(lines.slice(1, -2).join("")).toSorted().join("")).toBe("deenorrtu");
    expect(lines.at(-2)).toMatch(/^# .* sh ended with exit status 0 /);
    expect((await recorded(client)).map(({ log_path }) => log_path)).toEqual(Array(4).fill(path));
  });

  test("is bounded when a dump goes to stdout", async () => {
    const env = connected();
    const args = [...twoScopes, "--", "head", "-c", "5000000", "/dev/zero"];
    expect((await lastgood(args, env)).stdout).toHaveLength(5_000_000);
    const folder = join(env.LASTGOOD_STATE_DIR, "logs");
    const { size } = statSync(join(folder, String(readdirSync(folder)[0])));
    expect(size).toBeLessThan(1_001_000);
  });

  test("of long ago makes room", async () => {
    const env = connected();
    const folder = join(env.LASTGOOD_STATE_DIR, "logs");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let place = 100; place < 220; place += 1) {
      writeFileSync(join(folder, `20200101T000000.${place}Z-db-1.log`), "old");
    }
    await lastgood([...twoScopes, "--", "true"], env);
    const names = readdirSync(folder).toSorted();
    expect(names).toHaveLength(100);
    expect(names[0]).toContain(".121Z");
  });

  test("can be a file of one's own, which is appended to", async () => {
    const env = connected();
    mkdirSync(env.LASTGOOD_STATE_DIR);
    const path = join(env.LASTGOOD_STATE_DIR, "it's.log");
    writeFileSync(path, "before\n");
    await lastgood([...twoScopes, "--log-path", path, "--", "echo", "out"], env);
    expect(readFileSync(path, "utf8")).toMatch(/^before\n# .*\nout\n# .*\n$/);
    expect((await recorded(client))[0]?.log_path).toBe(path);
  });

  test("that cannot be made does not keep the backup from running", async () => {
    const args = [...twoScopes, "--log-path", "/nonexistent/x.log", "--", "echo", "out"];
    const result = await lastgood(args, connected());
    expect(result).toMatchObject({ status: 0, stdout: "out\n" });
    expect(result.stderr).toContain("lastgood: there is no log of this run");
    expect(await messages("ENGINE_BACKUP_COMPLETED")).toHaveLength(2);
  });
});

describe("wrong usage", () => {
  test.each([
    ["no scope", ["exec", "--", "touch"]],
    ["no command", ["exec", "--scope", "db", "--"]],
    ["an unknown option", ["exec", "--scope", "db", "--scop", "files", "--", "touch"]],
    ["an empty scope", ["exec", "--scope", "", "--", "touch"]],
    ["a scope that could not count", ["exec", "--scope", "x".repeat(65), "--", "touch"]],
    ["a URL that is none", ["exec", "--scope", "db", "--database-url", "nonsense", "--", "touch"]],
  ])("%s ends with 2 before anything is run", async (_what, args) => {
    const env = connected();
    mkdirSync(env.LASTGOOD_STATE_DIR);
    const path = join(env.LASTGOOD_STATE_DIR, "touched");
    const result = await lastgood(args.at(-1) === "touch" ? [...args, path] : args, env);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(readdirSync(env.LASTGOOD_STATE_DIR)).toEqual([]);
    expect(await recorded(client)).toEqual([]);
  });

  test("the help says that the status is the command's", async () => {
    const { status, stdout } = await lastgood(["exec", "--help"], newEnv());
    expect(status).toBe(0);
    expect(stdout).toContain("that of the command; 128+n when signal n ended it");
  });
});

describe("while the database is away", () => {
  test("the backup runs, and a later run reports both, each event once", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    const result = await lastgood([...twoScopes, "--", "sh", "-c", "echo out; exit 4"], env);
    expect(result).toMatchObject({ status: 4, stdout: "out\n" });
    expect(result.stderr).toContain("it is kept in");
    expect(spooled(env)).toHaveLength(4);
    const replay = ["log-event", "--replay", "--any-database", "--database-url", database.url];
    expect(await lastgood(replay, env)).toMatchObject({
      status: 0,
      stdout: "Sent 4, set aside 0, still waiting 0.\n",
    });
    expect(await lastgood(replay, env)).toMatchObject({ status: 0, stdout: "" });
    expect((await recorded(client)).map((row) => [row.log_type_name, row.scope])).toEqual([
      ["ENGINE_BACKUP_STARTED", "db"],
      ["ENGINE_BACKUP_STARTED", "files"],
      ["ENGINE_BACKUP_FAILED", "db"],
      ["ENGINE_BACKUP_FAILED", "files"],
    ]);
    const { rows } = await client.query("select required_scopes from lastgood.system");
    expect(rows).toEqual([{ required_scopes: ["db", "files"] }]);
  });

  test("so it does when no database is named at all", async () => {
    const env = newEnv({ HOME: "/nonexistent", LASTGOOD_HOME: "/nonexistent" });
    expect(await lastgood([...twoScopes, "--", "true"], env)).toMatchObject({ status: 0 });
    expect(spooled(env)).toHaveLength(4);
    // Meant for no database in particular, they go to the first that is there.
    const args = [...twoScopes, "--", "true"];
    await lastgood(args, { ...env, DATABASE_URL: database.url });
    expect(await recorded(client)).toHaveLength(8);
    expect(spooled(env)).toEqual([]);
  });

  test("a server that only reads keeps nothing, so that the events are kept on disk", async () => {
    const role = await createRole();
    const own = await copyTemplate();
    try {
      const owner = await own.connect();
      await owner.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
      await owner.query(`alter role ${role.user} set default_transaction_read_only = on`);
      const env = newEnv({ DATABASE_URL: own.urlFor(role) });
      const result = await lastgood([...twoScopes, "--", "true"], env);
      expect(result.status).toBe(0);
      expect(result.stderr).toContain("read-only");
      expect(spooled(env)).toHaveLength(4);
      await owner.query(`alter role ${role.user} reset default_transaction_read_only`);
      expect(await lastgood(["log-event", "--replay"], env)).toMatchObject({ status: 0 });
      expect(await recorded(owner)).toHaveLength(4);
    } finally {
      await own.drop();
      await dropRole(role);
    }
  });

  test("events that cannot be kept either are said to be lost, and the backup runs", async () => {
    const env = newEnv({ DATABASE_URL: deadUrl });
    mkdirSync(join(env.LASTGOOD_STATE_DIR, "spool"), { recursive: true });
    chmodSync(join(env.LASTGOOD_STATE_DIR, "spool"), 0o777);
    const result = await lastgood([...twoScopes, "--", "echo", "out"], env);
    expect(result).toMatchObject({ status: 0, stdout: "out\n" });
    expect(result.stderr).toContain("the report is lost");
    expect(result.stderr).toContain("only its owner");
  });

  test("one that accepts a connection and then says nothing costs seconds", async () => {
    await using server = await silentServer();
    const env = newEnv({ DATABASE_URL: server.url, PGCONNECT_TIMEOUT: "1" });
    const begin = performance.now();
    expect(await lastgood([...twoScopes, "--", "true"], env)).toMatchObject({ status: 0 });
    expect(performance.now() - begin).toBeLessThan(8_000);
    expect(spooled(env)).toHaveLength(4);
  });

  test("a command that is interrupted before its start is not started", async () => {
    await using server = await silentServer();
    const env = newEnv({ DATABASE_URL: server.url, PGCONNECT_TIMEOUT: "1" });
    const running = startLastgood([...twoScopes, "--", "echo", "out"], env);
    await server.connected;
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ status: 143, stdout: "" });
    expect(spooled(env)).toHaveLength(4);
  });
});

/** Takes connections and never answers. */
async function silentServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly connected: Promise<unknown> }
> {
  const server = createServer((socket) => {
    socket.resume().on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgresql://x@127.0.0.1:${port}/x`,
    connected: once(server, "connection"),
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

import { execFileSync } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findClientProgram } from "../../src/server/client-programs.ts";
import { isRunning } from "../../src/server/process.ts";
import { homeFolder, readEmbeddedState } from "../../src/server/state.ts";
import { canRunNode, idOf, isRoot } from "../server/support.ts";
import { type Background, signalGroup, startLastgood } from "../support/background.ts";
import { copyTemplate, createRole, dropRole } from "../support/database.ts";
import { runBin } from "../support/bin.ts";
import { skip } from "../support/skip.ts";

type Env = Readonly<Record<string, string>>;

/** What a newcomer has: no locale, and a home of their own with nothing in it. */
async function newcomer(): Promise<Env> {
  const folder = await mkdtemp("/tmp/lastgood-up-");
  await chmod(folder, 0o755);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    LASTGOOD_HOME: join(folder, "home"),
    LASTGOOD_FQDN: "engine.test",
    LANG: "",
  };
}

async function newcomerOfTest(): Promise<Env> {
  const env = await newcomer();
  onTestFinished(() => removeHome(env));
  return env;
}

async function removeHome(env: Env): Promise<void> {
  await rm(env["HOME"] ?? "", { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function up(env: Env): Promise<Background> {
  const started = startLastgood(["up"], { env });
  await started.says(isReady);
  return started;
}

const docsFolder = join(import.meta.dirname, "../../docs");

const isReady = "ready; stop with Ctrl-C";

async function stop(started: Background): Promise<void> {
  signalGroup(started, "SIGINT");
  expect(await started.ended()).toBe(0);
}

async function serverPid(env: Env): Promise<number> {
  return (await readEmbeddedState(env))?.pid ?? 0;
}

describe("lastgood up", () => {
  let env: Env;
  let started: Background;

  beforeAll(async () => {
    env = await newcomer();
    started = await up(env);
  });
  afterAll(async () => {
    await stop(started);
    await removeHome(env);
  });

  test("ends in a running system, whose table shows this host missing", async () => {
    expect(started.stdout()).toMatch(/engine\.test +missing[^]* db +missing[^]* files +missing/);
    expect(started.stdout()).toMatch(/Last freshness check: 2/);
    expect(started.stdout()).toContain("Database: postgresql://postgres@127.0.0.1:");
    const check = await runBin("lastgood.js", ["check"], env);
    expect(check.status).toBe(2);
  });

  test("prints a line that reports a backup of this host when it is pasted", async (context) => {
    if (!(await findClientProgram("psql", { env }))) skip(context, "there is no psql");
    const line = /^ +(\S*psql .*)$/m.exec(started.stdout())?.[1] ?? "";
    execFileSync("sh", ["-c", line], { env });
    const status = await runBin("lastgood.js", ["status", "--json"], env);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { fqdn: "engine.test", scopes: [{ scope: "db", state: "ok" }, { scope: "files" }] },
    ]);
  });

  test("called again shows what runs, starts nothing and ends with 0", async () => {
    const pid = await serverPid(env);
    const second = startLastgood(["up"], { env });
    expect(await second.ended()).toBe(0);
    expect(second.stderr()).toContain(`runs already, as process ${started.child.pid}`);
    expect(second.stdout()).toMatch(/engine\.test +missing/);
    expect(second.stderr()).not.toContain(isReady);
    expect(await serverPid(env)).toBe(pid);
    expect(await isRunning(pid)).toBe(true);
  });
});

test("a killed one is taken over; a stop ends the server and keeps what it holds", async () => {
  const env = await newcomerOfTest();
  const killed = await up(env);
  const pid = await serverPid(env);
  await runBin("lastgood.js", ["system", "add", "kept.test"], env);
  killed.child.kill("SIGKILL");
  await killed.ended();
  const second = await up(env);
  expect(await serverPid(env)).toBe(pid);
  await stop(second);
  expect(await isRunning(pid)).toBe(false);
  const third = await up(env);
  expect(third.stdout()).toMatch(/kept\.test +missing/);
  expect(third.stdout()).toContain(/127\.0\.0\.1:\d+/.exec(killed.stdout())?.[0]);
  await stop(third);
});

test("one whose server was killed starts it again, and its worker runs schedules as before", async () => {
  const env = await newcomerOfTest();
  const started = await up(env);
  const pid = await serverPid(env);
  const home = env["HOME"] ?? "";
  const settings = ["--scope", "files", "--system", "engine.test", "--set"];
  for (const line of [
    ["provider", "add", "vault", "--type", "local-fs", "--set", `path=${home}/vault`],
    ["source", "add", "docs", "--type", "files", ...settings, `path=${docsFolder}`],
    ["schedule", "create", "docs", "0 0 1 1 *", "yearly", "--provider", "vault"],
  ]) {
    expect(await runBin("lastgood.js", line, env)).toMatchObject({ status: 0 });
  }
  process.kill(pid, "SIGKILL");
  await started.says(`(process ${pid}) ended by itself; it was started again (process `);
  expect(await runBin("lastgood.js", ["schedule", "run", "yearly"], env)).toMatchObject({
    status: 0,
  });
  await started.says("the backup of docs ended: SUCCESS");
  await stop(started);
});

test("one whose server cannot be started again ends with 1 and says what to do", async () => {
  const env = await newcomerOfTest();
  const orphaned = await up(env);
  const pid = await serverPid(env);
  const versionFile = join(homeFolder(env), "data", "PG_VERSION");
  const version = await readFile(versionFile, "utf8");
  await writeFile(versionFile, "none");
  process.kill(pid, "SIGKILL");
  expect(await orphaned.ended()).toBe(1);
  expect(orphaned.stderr()).toContain(`the embedded server (process ${pid}) has ended by itself`);
  expect(orphaned.stderr()).toMatch(/hint: .*postgresql\.log/);
  expect(await readEmbeddedState(env)).toMatchObject({ pid: null, startedBy: null });
  await writeFile(versionFile, version);
  await stop(await up(env));
});

test("one that finds its server shutting down says that it waits", async () => {
  const env = await newcomerOfTest();
  const first = await up(env);
  const pid = await serverPid(env);
  // A smart shutdown: it waits for the worker's connections.
  process.kill(pid, "SIGTERM");
  const second = startLastgood(["up"], { env });
  await second.says(
    `waiting for the server that runs here (process ${pid}): the database system is`,
  );
  await stop(first);
  await second.says(isReady);
  expect(await serverPid(env)).not.toBe(pid);
  await stop(second);
});

test("one that is stopped while it starts leaves no server behind", async () => {
  const env = await newcomerOfTest();
  const started = startLastgood(["up"], { env });
  await started.says("starting PostgreSQL");
  signalGroup(started, "SIGINT");
  expect(await started.ended()).toBe(0);
  const pidFile = join(homeFolder(env), "data", "postmaster.pid");
  await expect(readFile(pidFile)).rejects.toMatchObject({ code: "ENOENT" });
});

test("without PostgreSQL's programs it says how to report all the same", async () => {
  const newcomers = await newcomerOfTest();
  const env = { ...newcomers, LASTGOOD_PG_BINDIR: newcomers["HOME"] ?? "" };
  const started = await up(env);
  expect(started.stdout()).toContain("psql is not installed here. Install PostgreSQL's client");
  const line = /^ +lastgood (log-event .*)$/m.exec(started.stdout())?.[1] ?? "";
  const logged = await runBin("lastgood.js", line.split(" "), env);
  expect(logged).toMatchObject({ status: 0, stderr: "" });
  await stop(started);
});

test("another user's works in a home of their own", async (context) => {
  if (!isRoot) skip(context, "only root can start a process as another user");
  const uid = idOf("nobody");
  if (!canRunNode(uid)) skip(context, "this Node lies where another user cannot reach it");
  const env = await newcomerOfTest();
  const home = env["HOME"] ?? "";
  await chown(home, uid, uid);
  const program = reachableProgram(home, uid);
  const started = startLastgood(["up"], { env, uid, cwd: home, program });
  await started.says(isReady);
  expect(started.stdout()).toMatch(/engine\.test +missing/);
  await stop(started);
});

test("a database that is named is used; no host is added, no password is shown", async () => {
  const env = await newcomerOfTest();
  await using database = await copyTemplate();
  const role = await createRole("superuser");
  const started = startLastgood(["up", "--database-url", database.urlFor(role)], { env });
  await started.says(isReady);
  expect(started.stdout()).toContain("No system has ever reported a backup.");
  expect(started.stdout() + started.stderr()).not.toContain(role.password);
  expect(await readEmbeddedState(env)).toBeUndefined();
  await stop(started);
  await database.drop();
  await dropRole(role);
});

/** The program where another user can read it: the clone may lie in root's closed home. */
function reachableProgram(home: string, uid: number): string {
  const clone = join(import.meta.dirname, "../..");
  const program = "bin/lastgood.js";
  try {
    execFileSync("test", ["-r", join(clone, program)], { uid, gid: uid, cwd: "/" });
    return join(clone, program);
  } catch {
    execFileSync("cp", ["-r", clone, join(home, "clone")]);
    return join(home, "clone", program);
  }
}

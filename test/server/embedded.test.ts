import { mkdirSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startEmbedded, type EmbeddedServer } from "../../src/server/embedded.ts";
import { findServerBinaries } from "../../src/server/binaries.ts";
import { serverOwner } from "../../src/server/owner.ts";
import { isRunning } from "../../src/server/process.ts";
import { reachableBinaries } from "../../src/server/reachable.ts";
import type { Env } from "../../src/server/run.ts";
import { embeddedClientConfig, homeFolder, readEmbeddedState } from "../../src/server/state.ts";
import {
  canRunNode,
  allProcessTexts,
  environmentWithHome,
  environmentWithoutPrograms,
  temporaryFolder,
} from "./support.ts";
import { skip } from "../support/skip.ts";
import { idOf, interrupt, isRoot, query, startUpProcess, uidOfProcess } from "./support.ts";

async function embedded(env: Env): Promise<EmbeddedServer> {
  const server = await startEmbedded({ env });
  onTestFinished(() => server.stop());
  return server;
}

/** A new folder that every user may pass through, whatever the umask. */
async function openFolder(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
}

function pidOf(server: EmbeddedServer): number {
  return server.state.pid ?? -1;
}

describe("a first start", () => {
  test("makes a cluster with a database lastgood, owned by a superuser lastgood", async () => {
    const server = await embedded(await environmentWithHome());
    expect(server).toMatchObject({ isNew: true, alreadyRunning: false });
    expect(await query(server.connection, "select current_database()")).toEqual(["lastgood"]);
    expect(await query(server.connection, "show is_superuser")).toEqual(["on"]);
    expect(await query(server.connection, "show fsync")).toEqual(["on"]);
  });

  test("puts the password into a passfile that only we can read, and nowhere else", async () => {
    const env = await environmentWithHome();
    const server = await embedded(env);
    const { password } = server.connection;
    const { passfile } = server.state;
    expect((await stat(passfile)).mode & 0o777).toBe(0o600);
    expect(await readFile(passfile, "utf8")).toBe(`*:*:*:postgres:${password}\n`);
    const home = homeFolder(env);
    const names = (await readdir(home, { withFileTypes: true })).filter((each) => each.isFile());
    for (const { name } of names.filter((each) => each.name !== "passfile")) {
      expect(await readFile(join(home, name), "utf8")).not.toContain(password);
    }
    expect(server.url + server.psqlLine).not.toContain(password);
    expect(await allProcessTexts()).not.toContain(password);
  });

  test("goes on after one that was cut short", async () => {
    const env = await environmentWithHome();
    await openFolder(homeFolder(env));
    await mkdir(join(homeFolder(env), "data.unfinished", "base"), { recursive: true });
    const server = await embedded(env);
    expect(server.isNew).toBe(true);
    expect(await readdir(homeFolder(env))).not.toContain("data.unfinished");
  });

  test("is not disturbed by one that was killed and whose initdb goes on", async () => {
    const env = await environmentWithHome();
    const folder = join(homeFolder(env), "data.unfinished", "base");
    const writer = setInterval(() => mkdirSync(folder, { recursive: true }), 1);
    onTestFinished(() => clearInterval(writer));
    expect((await embedded(env)).isNew).toBe(true);
  });

  test("refuses a data folder with something else in it", async () => {
    const env = await environmentWithHome();
    await mkdir(join(homeFolder(env), "data"), { recursive: true });
    await writeFile(join(homeFolder(env), "data", "letter.txt"), "");
    await expect(startEmbedded({ env })).rejects.toMatchObject({ code: "PROGRAM" });
  });

  test("by two at the same time makes one cluster", async () => {
    const env = await environmentWithHome();
    const servers = await Promise.all([embedded(env), embedded(env), embedded(env)]);
    expect(servers.filter((server) => server.isNew)).toHaveLength(1);
    expect(servers.filter((server) => !server.alreadyRunning)).toHaveLength(1);
    expect(new Set(servers.map(pidOf)).size).toBe(1);
  });
});

test("data and port are kept from one start to the next", async () => {
  const env = await environmentWithHome();
  const first = await embedded(env);
  await query(first.connection, "create table kept as select 7 as seven");
  await first.stop();
  expect(await isRunning(pidOf(first))).toBe(false);
  const second = await embedded(env);
  expect(second).toMatchObject({ isNew: false, alreadyRunning: false, url: first.url });
  expect(await query(second.connection, "select seven from kept")).toEqual([7]);
});

test("a port that was taken meanwhile is replaced by a free one", async () => {
  const env = await environmentWithHome();
  const first = await embedded(env);
  await first.stop();
  const squatter = createServer().listen(first.state.port, "127.0.0.1");
  onTestFinished(() => void squatter.close());
  const second = await embedded(env);
  expect(second.state.port).not.toBe(first.state.port);
  expect(await query(second.connection, "select 1")).toEqual([1]);
});

describe("a server that runs already", () => {
  test("is found, and left alone by whoever found it", async () => {
    const env = await environmentWithHome();
    const first = await embedded(env);
    const second = await embedded(env);
    expect(second).toMatchObject({ alreadyRunning: true, isNew: false, url: first.url });
    await second.stop();
    expect(await query(first.connection, "select 1")).toEqual([1]);
  });

  test("is found without the state file, which is written again", async () => {
    const env = await environmentWithHome();
    const first = await embedded(env);
    await rm(join(homeFolder(env), "state.json"));
    const second = await embedded(env);
    expect(second).toMatchObject({ alreadyRunning: true, url: first.url });
    expect(await readEmbeddedState(env)).toEqual(second.state);
  });

  test("becomes the finder's to stop when the process that started it was killed", async () => {
    const env = await environmentWithHome();
    const up = await startUpProcess(env);
    await interrupt(up, "SIGKILL");
    const server = await embedded(env);
    expect(server).toMatchObject({ alreadyRunning: true, url: up.report.url });
    expect(pidOf(server)).toBe(up.report.pid);
    await server.stop();
    expect(await isRunning(up.report.pid)).toBe(false);
    expect(await readEmbeddedState(env)).toMatchObject({ pid: null, startedBy: null });
  });
});

test("Ctrl-C to the whole process group ends the server cleanly, after its starter asked for it", async () => {
  const env = await environmentWithHome();
  const up = await startUpProcess(env);
  await interrupt(up, "SIGINT");
  expect(up.child.exitCode).toBe(0);
  expect(await isRunning(up.report.pid)).toBe(false);
  const log = await readFile(join(homeFolder(env), "postgresql.log"), "utf8");
  expect(log.match(/received fast shutdown request/g)).toHaveLength(1);
  expect(log).toContain("database system is shut down");
});

test("starts again after its postmaster was killed", async () => {
  const env = await environmentWithHome();
  const first = await embedded(env);
  await query(first.connection, "create table kept as select 7 as seven");
  process.kill(pidOf(first), "SIGKILL");
  const second = await embedded(env);
  expect(second.alreadyRunning).toBe(false);
  expect(await query(second.connection, "select seven from kept")).toEqual([7]);
});

test("an existing cluster decides the version", async () => {
  const env = await environmentWithoutPrograms();
  const first = await embedded(env);
  await first.stop();
  expect(first.state.version).toMatch(/^15\./);
  await writeFile(join(homeFolder(env), "data", "PG_VERSION"), "11\n");
  await expect(startEmbedded({ env })).rejects.toMatchObject({
    code: "PROGRAM",
    hint: expect.stringContaining("postgresql-11"),
  });
});

test("without its passfile an existing cluster is not touched", async () => {
  const env = await environmentWithHome();
  const first = await embedded(env);
  await first.stop();
  await rm(first.state.passfile);
  await expect(startEmbedded({ env })).rejects.toMatchObject({ code: "USAGE" });
  expect(await readdir(first.state.dataFolder)).not.toContain("postmaster.pid");
});

test("a home with a long path or odd letters serves too", async (context) => {
  const outer = await environmentWithHome();
  const found = await findServerBinaries({ env: outer });
  const owner = await serverOwner({ env: outer, mayCreateUser: false });
  const { dir } = await reachableBinaries(found, owner, await temporaryFolder());
  if (dir !== found.dir) skip(context, "initdb would have to work below the odd letters");
  const folder = join(homeFolder(outer), "long, \"odd' $path ".repeat(6));
  await openFolder(homeFolder(outer));
  await openFolder(folder);
  const LASTGOOD_HOME = join(folder, "home");
  const server = await embedded({ ...outer, LASTGOOD_HOME });
  expect(await query(server.connection, "select 1")).toEqual([1]);
  expect(server.psqlLine).not.toContain("$");
});

describe("the state", () => {
  test("gives other commands a login, and is undefined before the first start", async () => {
    const env = await environmentWithHome();
    expect(await readEmbeddedState(env)).toBeUndefined();
    const server = await embedded(env);
    const state = await readEmbeddedState(env);
    expect(state).toEqual(server.state);
    if (state === undefined) return;
    expect(await query(await embeddedClientConfig(state), "select 1")).toEqual([1]);
    expect((await stat(join(homeFolder(env), "state.json"))).mode & 0o777).toBe(0o600);
  });

  test("that is damaged is an error, not a missing one", async () => {
    const env = await environmentWithHome();
    await mkdir(homeFolder(env), { recursive: true });
    await writeFile(join(homeFolder(env), "state.json"), '{"port":');
    await expect(readEmbeddedState(env)).rejects.toMatchObject({ code: "USAGE" });
  });
});

test.each([
  { env: { LASTGOOD_HOME: "/a/b", XDG_DATA_HOME: "/x", HOME: "/h" }, home: "/a/b" },
  { env: { XDG_DATA_HOME: "/x", HOME: "/h" }, home: isRoot ? "/var/lib/lastgood" : "/x/lastgood" },
  { env: { HOME: "/h" }, home: isRoot ? "/var/lib/lastgood" : "/h/.local/share/lastgood" },
])("the home folder for $env is $home", ({ env, home }) => {
  expect(homeFolder(env)).toBe(home);
});

describe("who the server runs as", () => {
  test.runIf(isRoot)("is another user for root, who keeps passfile and state", async () => {
    const env = await environmentWithHome();
    const server = await embedded(env);
    const uid = await uidOfProcess(pidOf(server));
    expect(uid).not.toBe(0);
    expect((await stat(server.state.dataFolder)).uid).toBe(uid);
    expect((await stat(server.state.passfile)).uid).toBe(0);
  });

  test.runIf(isRoot)("is oneself for a normal user", async (context) => {
    const nobody = idOf("nobody");
    if (!canRunNode(nobody)) skip(context, "this Node lies where another user cannot reach it");
    const outer = await environmentWithHome();
    await openFolder(homeFolder(outer));
    const own = join(homeFolder(outer), "own");
    await mkdir(own);
    await chown(own, nobody, nobody);
    const up = await startUpProcess({ ...outer, LASTGOOD_HOME: join(own, "home") }, nobody);
    expect(up.report).toMatchObject({ uid: nobody, isNew: true });
    expect(await uidOfProcess(up.report.pid)).toBe(nobody);
    expect((await stat(join(own, "home"))).mode & 0o777).toBe(0o700);
    await interrupt(up, "SIGINT");
    expect(await isRunning(up.report.pid)).toBe(false);
  });
});

import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findServerBinaries } from "../../src/server/binaries.ts";
import { startEmbedded, type EmbeddedServer } from "../../src/server/embedded.ts";
import { serverOwner } from "../../src/server/owner.ts";
import { isRunning } from "../../src/server/process.ts";
import { reachableBinaries } from "../../src/server/reachable.ts";
import { run, type Env } from "../../src/server/run.ts";
import { homeFolder, readEmbeddedState } from "../../src/server/state.ts";
import { skip } from "../support/skip.ts";
import { waitFor } from "../support/wait.ts";
import { environmentWithHome, query } from "./support.ts";

interface Kept {
  readonly env: Env;
  readonly server: EmbeddedServer;
  /** What the log said since the start. */
  readonly log: readonly string[];
  /** Settles as `watch` does. */
  readonly watched: Promise<void>;
  /** Asks it to end, and waits. */
  end(): Promise<void>;
}

/** A server that is kept up until the test ends. */
async function kept(env: Env): Promise<Kept> {
  const log: string[] = [];
  const server = await startEmbedded({ env, onProgress: (message) => log.push(message) });
  log.length = 0;
  const asked = new AbortController();
  const watched = server.watch(asked.signal);
  watched.catch(() => undefined);
  const end = async (): Promise<void> => {
    asked.abort();
    try {
      await watched;
    } finally {
      await server.stop();
    }
  };
  onTestFinished(() => end().catch(() => undefined));
  return { env, server, log, watched, end };
}

async function pidNow(env: Env): Promise<number> {
  return (await readEmbeddedState(env))?.pid ?? -1;
}

/** Waits until the log has told of another process, which it returns. */
async function successor({ env, server, log }: Kept, lines = 1): Promise<number> {
  await waitFor(() => log.length >= lines, { timeoutMs: 30_000, what: "a line in the log" });
  const pid = await pidNow(env);
  expect(pid).not.toBe(server.state.pid);
  expect(log.at(-1)).toContain(`(process ${pid})`);
  return pid;
}

/** pg_ctl, as the administrator of the server would call it. */
async function pgCtl({ env, server }: Kept, ...args: readonly string[]): Promise<void> {
  const { dataFolder } = server.state;
  const owner = await serverOwner({ env, dataFolder, mayCreateUser: false });
  const major = Number.parseInt(server.state.version, 10);
  const found = await findServerBinaries({ env, major });
  const { dir } = await reachableBinaries(found, owner, homeFolder(env));
  await run(join(dir, "pg_ctl"), ["-D", dataFolder, "-w", "-l", "/dev/null", ...args], {
    env,
    runAs: owner,
    hint: "It is called by a test.",
  });
}

describe("a server that ends by itself", () => {
  test.each(["SIGKILL", "SIGINT"] as const)(
    "by %s is started again at its address, with what it held",
    async (signal) => {
      const first = await kept(await environmentWithHome());
      const { server, env } = first;
      await query(server.connection, "create table held as select 7 as seven");
      process.kill(server.state.pid ?? 0, signal);
      const pid = await successor(first);
      expect(first.log).toEqual([
        `the embedded server (process ${server.state.pid}) ended by itself; ` +
          `it was started again (process ${pid})`,
      ]);
      expect(await query(server.connection, "select seven from held")).toEqual([7]);
      await first.end();
      expect(await isRunning(pid)).toBe(false);
      expect(await readEmbeddedState(env)).toMatchObject({ pid: null, startedBy: null });
    },
  );

  test("is started again where its sockets have a far folder, which goes in the end", async () => {
    const env = await environmentWithHome();
    const LASTGOOD_HOME = join(homeFolder(env), "long-path".repeat(12));
    const first = await kept({ ...env, LASTGOOD_HOME });
    const { socketFolder } = first.server.state;
    expect(socketFolder).toMatch(/^\/tmp\/lastgood-/);
    process.kill(first.server.state.pid ?? 0, "SIGINT");
    await successor(first);
    expect(await query(first.server.connection, "select 1")).toEqual([1]);
    await first.end();
    await expect(stat(socketFolder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("when it was asked to stop stays down", async () => {
    const first = await kept(await environmentWithHome());
    process.kill(first.server.state.pid ?? 0, "SIGINT");
    await first.end();
    expect(first.log).toEqual([]);
    expect(await readEmbeddedState(first.env)).toMatchObject({ pid: null });
  });
});

describe("a server that somebody else started again", () => {
  test("is followed, and stopped in the end", async () => {
    const first = await kept(await environmentWithHome());
    await pgCtl(first, "-m", "fast", "restart");
    const pid = await successor(first);
    expect(first.log).toEqual([expect.stringContaining("somebody else started it again")]);
    expect(await query(first.server.connection, "select 1")).toEqual([1]);
    await first.end();
    expect(await isRunning(pid)).toBe(false);
    expect(await readEmbeddedState(first.env)).toMatchObject({ pid: null, startedBy: null });
  });

  test("at the very end is stopped as well", async () => {
    const first = await kept(await environmentWithHome());
    await pgCtl(first, "-m", "fast", "restart");
    const pidFile = join(first.server.state.dataFolder, "postmaster.pid");
    const pid = Number.parseInt(await readFile(pidFile, "utf8"), 10);
    await first.end();
    expect(pid).not.toBe(first.server.state.pid);
    expect(await isRunning(pid)).toBe(false);
  });

  test("and that ends after that is started again", async () => {
    const first = await kept(await environmentWithHome());
    await pgCtl(first, "-m", "fast", "restart");
    process.kill(await successor(first), "SIGKILL");
    const pid = await successor(first, 2);
    expect(first.log.at(-1)).toContain("it was started again");
    await first.end();
    expect(await isRunning(pid)).toBe(false);
  });

  test("elsewhere is an error, and is theirs", async () => {
    const first = await kept(await environmentWithHome());
    const { dataFolder, port, socketFolder } = first.server.state;
    const options = `-c listen_addresses= -c port=${port - 1} -c unix_socket_directories='${socketFolder}'`;
    await pgCtl(first, "-m", "fast", "stop", "-s");
    await pgCtl(first, "-o", options, "start");
    onTestFinished(() => pgCtl(first, "-m", "immediate", "stop"));
    await expect(first.watched).rejects.toMatchObject({
      message: expect.stringContaining(`at another address, port ${port - 1}`),
    });
    await first.server.stop();
    const text = await readFile(join(dataFolder, "postmaster.pid"), "utf8");
    expect(await isRunning(Number.parseInt(text, 10))).toBe(true);
  });
});

describe("a server that cannot be kept up", () => {
  test("for its data is damaged, is given up at once, with what to do", async () => {
    const first = await kept(await environmentWithHome());
    const { dataFolder, pid } = first.server.state;
    await writeFile(join(dataFolder, "PG_VERSION"), "x");
    process.kill(pid ?? 0, "SIGKILL");
    await expect(first.watched).rejects.toMatchObject({
      code: "PROGRAM",
      message: expect.stringMatching(
        `^the embedded server \\(process ${pid}\\) has ended by itself and .*PG_VERSION names no`,
      ),
      hint: expect.stringMatching(/postgresql\.log, may say why\. The data folder is damaged/),
    });
    await first.server.stop();
    expect(await readEmbeddedState(first.env)).toMatchObject({ pid: null, startedBy: null });
  });

  test("for it does not come up, is given up after five times, with its log", async () => {
    const first = await kept(await environmentWithHome());
    const { dataFolder, pid } = first.server.state;
    await rm(join(dataFolder, "global", "pg_control"));
    process.kill(pid ?? 0, "SIGKILL");
    await expect(first.watched).rejects.toMatchObject({
      message: expect.stringMatching(/5 times in a row; the last time: [^]*pg_control/),
      hint: expect.stringContaining("postgresql.log"),
    });
  });

  test("for it ends again and again, is given up after five starts", async (context) => {
    if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(context, "set LASTGOOD_SLOW_TESTS=1");
    const first = await kept(await environmentWithHome());
    const watched = first.watched.then(
      () => "ended",
      (error: Error) => error.message,
    );
    process.kill(first.server.state.pid ?? 0, "SIGKILL");
    for (let start = 1; start <= 5; start += 1) {
      process.kill(await successor(first, start), "SIGKILL");
    }
    expect(await watched).toMatch(/could not be started again: it did not stay up, 5 times in a/);
    expect(first.log).toHaveLength(5);
  });
});

import { spawn, type ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { isDatabaseError, ProgramError } from "../errors.ts";
import type { ServerBinaries } from "./binaries.ts";
import type { ServerOwner } from "./owner.ts";
import { childEnv, identity, lastLines, type Env } from "./run.ts";

/** A cluster on disk and what is needed to run it. */
export interface Cluster {
  readonly binaries: ServerBinaries;
  readonly owner: ServerOwner;
  readonly env: Env;
  readonly dataFolder: string;
  readonly socketFolder: string;
  readonly logFile: string;
  /** The superuser and its password. */
  readonly user: string;
  readonly password: string;
  /** Whether data must survive a crash of the machine; false is only for throw-away clusters. */
  readonly isDurable: boolean;
  /** Further settings, such as `shared_preload_libraries`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A server that this process started. */
export interface RunningCluster {
  readonly pid: number;
  readonly port: number;
  /** Fast shutdown; resolves when the server has ended, also when it was gone before. Safe to repeat. */
  stop(): Promise<void>;
  /** Kills the postmaster as the kernel would when memory runs out. For tests. */
  kill(): Promise<void>;
}

/** Settings for `pg`; `ssl` is off whatever the environment says, for it is a local socket. */
export interface Login extends ClientConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A server that did not come up; the message ends with the last lines of its log. */
export class StartError extends ProgramError {
  readonly reason: "port-taken" | "backends-left" | "other";

  constructor(how: string, log: string, logFile: string) {
    const tail = lastLines(log, 20);
    super(`PostgreSQL did not start (${how})${tail === "" ? "" : `:\n${tail}`}`, {
      hint: `The whole log is in ${logFile}.`,
    });
    this.reason = reasonIn(log);
  }
}

function reasonIn(log: string): StartError["reason"] {
  if (/could not (?:bind|create any TCP\/IP sockets)/.test(log)) return "port-taken";
  return log.includes("pre-existing shared memory block") ? "backends-left" : "other";
}

export function loginTo(cluster: Cluster, port: number, database: string): Login {
  const { socketFolder, user, password } = cluster;
  return { host: socketFolder, port, user, password, database, ssl: false };
}

/** Undefined when a login works, else why it does not. */
export async function refusalOf(login: Login): Promise<Error | undefined> {
  const client = new Client({ ...login, connectionTimeoutMillis: 5000 });
  // The server may end while it answers; the failed call says so already.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end();
  }
}

/** Wrong password, or no such user: waiting will not help. */
export function isRefusedForGood(error: Error): boolean {
  return isDatabaseError(error) && error.code.startsWith("28");
}

/** The server is starting, recovering or shutting down. */
export function isBusy(error: Error): boolean {
  return isDatabaseError(error) && error.code === "57P03";
}

/** Starts the server in a process group of its own, so that Ctrl-C reaches us and not it. */
export async function launch(cluster: Cluster, port: number): Promise<RunningCluster> {
  const log = await open(cluster.logFile, "a+", 0o600);
  try {
    const { size } = await log.stat();
    const child = spawn(join(cluster.binaries.dir, "postgres"), serverArguments(cluster, port), {
      cwd: "/",
      detached: true,
      env: childEnv(cluster.env),
      stdio: ["ignore", log.fd, log.fd],
      ...identity(cluster.owner),
    });
    const server = new LaunchedServer(child, port);
    const failure = await server.untilReady(loginTo(cluster, port, "postgres"));
    if (failure === undefined) {
      child.unref();
      return server;
    }
    await server.stop();
    const { size: end } = await log.stat();
    const { buffer } = await log.read({ buffer: Buffer.alloc(end - size), position: size });
    throw new StartError(failure, buffer.toString("utf8"), cluster.logFile);
  } finally {
    await log.close();
  }
}

function serverArguments(cluster: Cluster, port: number): readonly string[] {
  const relaxed = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  const settings = {
    ...(cluster.isDurable ? {} : relaxed),
    ...cluster.settings,
    listen_addresses: "127.0.0.1",
    port: String(port),
    // A list, whose members may be quoted.
    unix_socket_directories: `"${cluster.socketFolder.replaceAll('"', '""')}"`,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", cluster.dataFolder, ...flags];
}

const startLimitMs = 300_000;
const stopLimitMs = 60_000;

class LaunchedServer implements RunningCluster {
  readonly pid: number;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #end: string | undefined;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.port = port;
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (status, signal) =>
        resolve(signal === null ? `status ${String(status)}` : `signal ${signal}`),
      );
    });
    void this.#ended.then((end) => (this.#end = end));
  }

  /** Tries to log in until that works; recovery after a crash takes a while. Returns why it failed. */
  async untilReady(login: Login): Promise<string | undefined> {
    const deadline = Date.now() + startLimitMs;
    while (this.#end === undefined) {
      const refusal = await refusalOf(login);
      if (refusal === undefined) return undefined;
      if (isRefusedForGood(refusal) || Date.now() > deadline) return refusal.message;
      await Promise.race([delay(20), this.#ended]);
    }
    return this.#end;
  }

  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.ref();
    this.#child.kill("SIGINT");
    const timer = new AbortController();
    const tooLate = delay(stopLimitMs, "too late" as const, { signal: timer.signal });
    const first = await Promise.race([this.#ended, tooLate.catch(() => "ended")]);
    timer.abort();
    if (first === "too late") {
      throw new ProgramError(`PostgreSQL (process ${this.pid}) did not stop within a minute`, {
        hint: "It goes on shutting down by itself; look into its log.",
      });
    }
  }

  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.ref();
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

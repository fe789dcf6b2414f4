import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, type ClientConfig } from "pg";
import { onTestFinished } from "vitest";
import type { Env } from "../../src/server/run.ts";

export const isRoot: boolean = process.getuid?.() === 0;

/** A new folder that every user may pass through; removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp("/tmp/lastgood-test-");
  await chmod(folder, 0o755);
  onTestFinished(() =>
    rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  );
  return folder;
}

/** An environment whose embedded server lives in a new folder. */
export async function environmentWithHome(more: Env = {}): Promise<Env> {
  return { ...process.env, LASTGOOD_HOME: join(await temporaryFolder(), "home"), ...more };
}

/** An environment in which the system has no PostgreSQL programs. */
export async function environmentWithoutPrograms(more: Env = {}): Promise<Env> {
  return environmentWithHome({ LASTGOOD_PG_BINDIR: await temporaryFolder(), ...more });
}

export async function query(config: ClientConfig | string, text: string): Promise<unknown[]> {
  const client = new Client(config);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

export async function uidOfProcess(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
}

/** The arguments and environment of every process that we may look at. */
export async function allProcessTexts(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.join("\n");
}

export interface UpProcess {
  readonly child: ChildProcess;
  readonly report: {
    readonly pid: number;
    readonly uid: number;
    readonly alreadyRunning: boolean;
    readonly isNew: boolean;
    readonly url: string;
  };
}

/** Runs up.child.ts, a process that starts the embedded server and stops it on SIGINT. */
export async function startUpProcess(env: Env, uid?: number): Promise<UpProcess> {
  const script = join(import.meta.dirname, "up.child.ts");
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, script], {
    detached: true,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, report: JSON.parse(line) as UpProcess["report"] };
}

/** Signals a process and all of its group, as Ctrl-C in a terminal does; resolves when it has ended. */
export async function interrupt(up: UpProcess, signal: "SIGINT" | "SIGKILL"): Promise<void> {
  const ended = once(up.child, "exit");
  process.kill(-Number(up.child.pid), signal);
  await ended;
}

export function idOf(user: string): number {
  return Number(execFileSync("id", ["-u", user], { encoding: "utf8" }));
}

/** Whether another user can run this Node: not where it lies below a closed folder, such as /root. */
export function canRunNode(uid: number): boolean {
  try {
    execFileSync(process.execPath, ["--version"], { uid, gid: uid, cwd: "/", stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { onTestFinished } from "vitest";
import { type NewEvents, newEvents, type ReportedEvent } from "../../src/report/event.ts";

export type Env = Readonly<Record<string, string>>;

/** Nobody listens there. */
export const deadUrl = "postgresql://nobody@127.0.0.1:1/nowhere";

/** An environment with a state folder of its own, and little else, as cron has it. */
export function newEnv(more: Env = {}): Env & { LASTGOOD_STATE_DIR: string } {
  const folder = mkdtempSync("/tmp/lastgood-report-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    PATH: process.env["PATH"] ?? "",
    LASTGOOD_FQDN: "engine.test",
    LASTGOOD_STATE_DIR: join(folder, "state"),
    ...more,
  };
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout(): string;
}

/** Starts a program with an input that stays open until the test ends it. */
export function start(program: string, args: readonly string[], env: Env): Running {
  const child = spawn(program, args, { env: { ...env }, stdio: "pipe" });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const finished = once(child, "close").then(([status]) => ({ ...said, status: status as number }));
  return { child, finished, stdout: () => said.stdout };
}

const lastgoodProgram = fileURLToPath(new URL("../../bin/lastgood.js", import.meta.url));
const helperScript = fileURLToPath(new URL("../../bin/log-backup-event.sh", import.meta.url));

/** Starts `lastgood`, as built last. */
export function startLastgood(args: readonly string[], env: Env): Running {
  return start(process.execPath, [lastgoodProgram, ...args], env);
}

export async function lastgood(args: readonly string[], env: Env): Promise<Finished> {
  const running = startLastgood(args, env);
  running.child.stdin?.end();
  return await running.finished;
}

export type Shell = readonly [string, ...string[]];

/** The shells that go by the name of sh on various systems. */
export const shells: readonly Shell[] = [["dash"], ["bash", "--posix"], ["busybox", "sh"]];

export function isInstalled([program]: Shell): boolean {
  return spawnSync(program, ["-c", ":"]).error === undefined;
}

export async function helper(shell: Shell, args: readonly string[], env: Env): Promise<Finished> {
  const [program, ...options] = shell;
  const running = start(program, [...options, helperScript, ...args], env);
  running.child.stdin?.end();
  return await running.finished;
}

/** The files of the events that wait, oldest first. */
export function spooled(env: { LASTGOOD_STATE_DIR: string }): readonly string[] {
  try {
    return readdirSync(join(env.LASTGOOD_STATE_DIR, "spool"))
      .filter((name) => name.endsWith(".event"))
      .toSorted();
  } catch {
    return [];
  }
}

export interface Recorded {
  readonly audit_log_id: string;
  readonly log_type_name: string;
  readonly scope: string;
  readonly fqdn: string;
  readonly message: string;
  readonly log_path: string;
  readonly run_id: string | null;
  readonly event_id: string;
  readonly done_at: Date;
  readonly arrived_at: Date;
}

/** Every report, in the order of arrival. */
export async function recorded(client: Client): Promise<readonly Recorded[]> {
  const { rows } = await client.query<Recorded>(
    `select audit_log_id, log_type_name, scope, fqdn, message, log_path, run_id, event_id, done_at,
            arrived_at
     from lastgood.audit_log
     where done_at is not null
     order by audit_log_id`,
  );
  return rows;
}

export async function forget(client: Client): Promise<void> {
  await client.query(
    "truncate lastgood.audit_log, lastgood.engine_backup_log, lastgood.system cascade",
  );
}

/** One event of the system engine.test. */
export function event(fields: Partial<NewEvents> = {}): ReportedEvent {
  const [first] = newEvents({
    scopes: ["db"],
    status: 1,
    message: "done",
    fqdn: "engine.test",
    logPath: "",
    runId: null,
    requiredScopes: null,
    ...fields,
  });
  if (first === undefined) throw new Error("an event needs a scope");
  return first;
}

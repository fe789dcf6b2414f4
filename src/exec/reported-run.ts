import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { type Io, remark } from "../io.ts";
import { type EventStatus, eventStatus, lastBytes, newEvents } from "../report/event.ts";
import { messageOf } from "../errors.ts";
import { report } from "../report/report.ts";
import { lastLines } from "../server/run.ts";
import { type ChildEnd, exitStatusOf, runChild } from "./child.ts";
import { RunLog } from "./run-log.ts";
import { SignalRelay } from "./signal-relay.ts";
import { Tail } from "./tail.ts";

export interface ReportedRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly scopes: readonly string[];
  readonly fqdn: string;
  readonly runId?: string | undefined;
  readonly logPath?: string | undefined;
  readonly databaseUrl?: string | undefined;
}

/** Of what a failed command said; a message holds 64 kB with the sentence before it. */
const longestTail = 60_000;
const lastLineCount = 40;

/**
 * Runs a backup command and reports its start and its end. The command runs whatever becomes of the
 * reports and of the log. Returns the status with which to end.
 */
export async function runReported(io: Io, run: ReportedRun): Promise<number> {
  // Nobody may read what we write any more: that ends neither us nor the backup.
  for (const stream of [io.stdout, io.stderr]) {
    stream.removeAllListeners("error").on("error", () => undefined);
  }
  const relay = new SignalRelay(io);
  try {
    return await new Run(io, run, await openLog(io, run), relay).toItsEnd();
  } finally {
    relay.stop();
  }
}

async function openLog(io: Io, { scopes, logPath }: ReportedRun): Promise<RunLog | undefined> {
  const name = `${scopes.join("+")}-${process.pid}`;
  try {
    return await RunLog.create(io.env, { path: logPath, name });
  } catch (error) {
    remark(io, `lastgood: there is no log of this run: ${messageOf(error)}`);
    return undefined;
  }
}

class Run {
  readonly #io: Io;
  readonly #run: ReportedRun;
  readonly #log: RunLog | undefined;
  readonly #relay: SignalRelay;
  readonly #runId: string;
  readonly #tail = new Tail(longestTail);
  /** Of the program's arguments nothing is told: they may hold passwords. */
  readonly #program: string;

  constructor(io: Io, run: ReportedRun, log: RunLog | undefined, relay: SignalRelay) {
    this.#io = io;
    this.#run = run;
    this.#log = log;
    this.#relay = relay;
    this.#runId = run.runId ?? randomUUID();
    this.#program = basename(run.program);
  }

  async toItsEnd(): Promise<number> {
    const start = performance.now();
    await this.#report(eventStatus.started, `${this.#program} started`, false);
    const end = await this.#execute();
    const seconds = Math.round((performance.now() - start) / 1000);
    const signal = this.#relay.first;
    const how = `${this.#program} ${describe(end, seconds)}${interruption(signal)}`;
    if (end.kind === "unstartable") remark(this.#io, `lastgood: ${how}`);
    const isPassed = end.kind === "exited" && end.status === 0 && signal === undefined;
    await this.#closeLog(how);
    if (isPassed) await this.#report(eventStatus.completed, how, true);
    else await this.#report(eventStatus.failed, withTail(how, this.#tail), true);
    return exitStatusOf(end);
  }

  async #execute(): Promise<ChildEnd> {
    const { program, args } = this.#run;
    // Interrupted while the start was being reported: there is nothing to pass the signal on to.
    if (this.#relay.first !== undefined) return { kind: "killed", signal: this.#relay.first };
    return await runChild({
      io: this.#io,
      program,
      args,
      onStart: (kill) => this.#relay.passTo(kill),
      onOutput: (name, chunk) => {
        this.#log?.add(name, chunk);
        if (name === "stderr") this.#tail.add(chunk);
      },
    });
  }

  async #report(status: EventStatus, message: string, isReplaying: boolean): Promise<void> {
    const { scopes, fqdn, databaseUrl } = this.#run;
    if (status === eventStatus.started) this.#note(`${message}, scopes ${scopes.join(", ")}`);
    const logPath = this.#log?.path ?? "";
    const events = newEvents({
      scopes,
      status,
      fqdn,
      logPath,
      runId: this.#runId,
      requiredScopes: scopes,
      message: `lastgood exec: ${message}`,
    });
    await report(this.#io, events, { databaseUrl, isReplaying });
  }

  #note(text: string): void {
    this.#log?.note(`${new Date().toISOString()} ${text}, run ${this.#runId}`);
  }

  async #closeLog(how: string): Promise<void> {
    this.#note(how);
    const error = await this.#log?.close();
    if (error !== undefined) remark(this.#io, `lastgood: the log is incomplete: ${error.message}`);
  }
}

function describe(end: ChildEnd, seconds: number): string {
  if (end.kind === "unstartable") return `did not run: ${end.error}`;
  const how =
    end.kind === "killed" ? `was ended by ${end.signal}` : `ended with exit status ${end.status}`;
  return `${how} after ${seconds} s`;
}

function interruption(signal: NodeJS.Signals | undefined): string {
  return signal === undefined ? "" : `, interrupted by ${signal}`;
}

function withTail(how: string, tail: Tail): string {
  const text = lastBytes(lastLines(tail.bytes().toString("utf8"), lastLineCount), longestTail);
  return text === "" ? how : `${how}\n${text}`;
}

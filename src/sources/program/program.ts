import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough, pipeline, type Readable, type Writable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { ProgramError } from "../../errors.ts";
import { Tail } from "../../exec/tail.ts";
import { guardGroup, releaseGroup } from "./groups.ts";

export interface ProgramOptions {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Under what name it runs; programs of PostgreSQL start their messages with it. */
  readonly argv0?: string;
  readonly stdin?: "ignore" | "pipe";
  readonly stdout?: "ignore" | "pipe";
  /** Given each line that it says on stderr. */
  readonly onLine?: (line: string) => void;
}

export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it said on stderr. */
  readonly said: string;
}

/** A program that runs in a process group of its own, which ends when this process does. */
export interface RunningProgram {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  /** Resolves when it has ended and its output was taken off its hands; never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Ends the whole group: asks first, and kills what is left of it. Resolves when it has ended. */
  end(): Promise<void>;
  /** Kills the whole group at once. */
  kill(): void;
}

const patienceMs = 3000;

/** @throws ProgramError where it cannot be started */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  options.signal.throwIfAborted();
  const child = spawn(options.path, options.args, {
    cwd: options.cwd ?? "/",
    env: options.env,
    detached: true,
    stdio: [options.stdin ?? "ignore", options.stdout ?? "ignore", "pipe"],
    ...(options.argv0 === undefined ? {} : { argv0: options.argv0 }),
  });
  const stdout = child.stdout && held(child.stdout);
  const pid = await started(child, options.path);
  guardGroup(pid);
  const ended = watch(child, pid, options);
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const end = async (): Promise<void> => {
    // The number may be another's by now.
    if (hasEnded) return;
    signalGroup(pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), patienceMs);
    await ended;
    clearTimeout(timer);
  };
  const kill = (): void => {
    if (!hasEnded) signalGroup(pid, "SIGKILL");
  };
  const giveUp = (): void => void end();
  options.signal.addEventListener("abort", giveUp, { once: true });
  void ended.then(() => options.signal.removeEventListener("abort", giveUp));
  if (options.signal.aborted) giveUp();
  return { pid, stdin: child.stdin, stdout, ended, end, kill };
}

/**
 * The same bytes, however late they are read: once a program has ended, Node throws away what it
 * printed and nobody has begun to read.
 */
function held(stdout: Readable): Readable {
  const bytes = new PassThrough({ highWaterMark: 256 * 1024 });
  // Whoever reads sees a failure.
  pipeline(stdout, bytes, () => undefined);
  return bytes;
}

async function started(child: ChildProcess, path: string): Promise<number> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new ProgramError(`${path} cannot be started`, {
      cause,
      hint: "Is it installed, and may it be run?",
    });
  }
  return Number(child.pid);
}

async function watch(
  child: ChildProcess,
  pid: number,
  { onLine }: ProgramOptions,
): Promise<ProgramEnd> {
  const tail = new Tail(8192);
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  child.stderr?.on("data", (chunk: Buffer) => tail.add(chunk));
  if (onLine !== undefined && child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", onLine);
  }
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  releaseGroup(pid);
  return { status, signal, said: tail.bytes().toString("utf8") };
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended already.
  }
}

/**
 * Runs a program to its end and reads what it prints, whatever its length.
 *
 * @throws ProgramError for any end other than status 0
 */
export async function readProgram(
  options: Omit<ProgramOptions, "stdin" | "stdout">,
  details: FailureDetails,
): Promise<string> {
  const program = await startProgram({ ...options, stdout: "pipe" });
  const reading = program.stdout === null ? Promise.resolve("") : textOf(program.stdout);
  // How it ended says more.
  reading.catch(() => undefined);
  const end = await program.ended;
  options.signal.throwIfAborted();
  const failure = failureOf(end, options.path, details);
  if (failure !== undefined) throw failure;
  return await reading;
}

export interface FailureDetails {
  readonly hint: string;
  /** Never shown, whatever the program said. */
  readonly secrets?: readonly string[];
}

/** Any end other than status 0 as an error, with the last lines that were said and no secrets. */
export function failureOf(
  end: ProgramEnd,
  path: string,
  details: FailureDetails,
): ProgramError | undefined {
  if (end.status === 0) return undefined;
  const how =
    end.signal === null ? `ended with status ${end.status}` : `was ended by ${end.signal}`;
  const said = lastLines(end.said, details.secrets ?? []);
  const message = `${basename(path)} ${how}${said === "" ? "" : `: ${said}`}`;
  return new ProgramError(message, { hint: details.hint });
}

function lastLines(text: string, secrets: readonly string[]): string {
  let clean = text.trimEnd().split("\n").slice(-10).join("\n");
  for (const secret of secrets.filter((each) => each !== "")) {
    clean = clean.replaceAll(secret, "***");
  }
  return clean;
}

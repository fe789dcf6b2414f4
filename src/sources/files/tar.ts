import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { ProgramError } from "../../errors.ts";
import { Tail } from "../../exec/tail.ts";
import { childEnv, type Env, tryRun } from "../../server/run.ts";

/** GNU tar, which alone knows extended attributes, ACLs, holes and times to the nanosecond here. */
export interface Tar {
  readonly program: string;
  readonly version: string;
}

/** Undefined where there is no tar, or another one. `LASTGOOD_TAR` names it, where it is elsewhere. */
export async function findGnuTar(env: Env): Promise<Tar | undefined> {
  const program = env["LASTGOOD_TAR"] || "tar";
  const { stdout } = await tryRun(program, ["--version"], { env });
  const version = /^tar \(GNU tar\) (\S+)/.exec(stdout)?.[1];
  return version === undefined ? undefined : { program, version };
}

export interface TarRun {
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Where relative names count from. */
  readonly folder: string;
}

/** How tar ended. */
export interface TarEnd {
  readonly status: number | undefined;
  /** The last of what it said, lines of text. */
  readonly said: readonly string[];
}

/** A tar that runs: give it its input, take its output, then wait for its end. */
export interface RunningTar {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves once it has ended and all its output was taken. Never rejects. */
  readonly end: Promise<TarEnd>;
  kill(): void;
}

/** @throws ProgramError where it cannot be started */
export async function startTar(
  tar: Tar,
  args: readonly string[],
  { env, signal, folder }: TarRun,
): Promise<RunningTar> {
  signal.throwIfAborted();
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(tar.program, [...args], {
    cwd: folder,
    env: childEnv(env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new ProgramError(`${tar.program} could not be started`, {
      hint: "Install GNU tar, or take it out of the PATH to go without extended attributes.",
      cause: error,
    });
  }
  signal.addEventListener("abort", kill, { once: true });
  // It may end before it has read everything; its status and its words say why.
  child.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  const end = watch(child).finally(() => signal.removeEventListener("abort", kill));
  return { stdin: child.stdin, stdout: child.stdout, end, kill };
}

async function watch(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<TarEnd> {
  const tail = new Tail(64 * 1024);
  child.stderr.on("data", (chunk: Buffer) => tail.add(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  const lines = tail.bytes().toString("utf8").split("\n");
  return { status: status ?? undefined, said: lines.filter((line) => line !== "") };
}

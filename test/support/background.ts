import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { waitFor } from "./wait.ts";

/** A running `lastgood`, as built last by `npm run build`. */
export interface Background {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Waits until it has written something, on either of the two. */
  says(text: string | RegExp, timeoutMs?: number): Promise<void>;
  /** Waits for its end; the status, or the signal that ended it. */
  ended(): Promise<number | string>;
}

export interface BackgroundOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  readonly cwd?: string;
  readonly program?: string;
}

const bin = fileURLToPath(new URL("../../bin/lastgood.js", import.meta.url));

const started = new Set<() => unknown>();

/** Kills what tests that failed have left running. */
afterAll(() => {
  for (const kill of started) kill();
});

/** Starts `lastgood` in a process group of its own; what is left of it is killed after the file. */
export function startLastgood(
  args: readonly string[],
  options: BackgroundOptions = {},
): Background {
  const { env, uid, cwd, program = bin } = options;
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  // "close" comes after the last output; "exit" may come before it.
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  started.add(() => hasEnded() || child.kill("SIGKILL"));
  const everything = (): string => texts.stdout + texts.stderr;
  return {
    child,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async says(text, timeoutMs = 20_000) {
      const isSaid = (): boolean =>
        typeof text === "string" ? everything().includes(text) : text.test(everything());
      await waitFor(() => isSaid() || hasEnded(), { timeoutMs, what: String(text) });
      if (!isSaid()) throw new Error(`it ended without saying ${String(text)}: ${everything()}`);
    },
    async ended() {
      const [status, signal] = await closed;
      return status ?? signal ?? "";
    },
  };
}

/** Signals a process and all of its group, as Ctrl-C in a terminal does. */
export function signalGroup(running: Background, signal: NodeJS.Signals): void {
  process.kill(-Number(running.child.pid), signal);
}

import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Io } from "../io.ts";
import { Copy } from "./copy.ts";
import { closeWriters, makePipes } from "./pipe.ts";
import type { Kill } from "./signal-relay.ts";

/** How a command ended; `error` says why it could not even be started. */
export type ChildEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "unstartable"; readonly status: number; readonly error: string };

export interface ChildOptions {
  readonly io: Io;
  readonly program: string;
  readonly args: readonly string[];
  readonly onOutput: (name: "stdout" | "stderr", chunk: Buffer) => void;
  /** Given what passes signals on to the command, once it runs. */
  readonly onStart: (kill: Kill) => void;
}

interface Child {
  readonly process: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Runs a command without a shell, its input ours and its output copied; resolves when it has ended. */
export async function runChild(options: ChildOptions): Promise<ChildEnd> {
  let child: Child;
  try {
    child = await startChild(options);
  } catch (error) {
    return unstartable(error);
  }
  return await watch(child, options);
}

async function startChild({ io, program, args }: ChildOptions): Promise<Child> {
  const pipes = await makePipes(io.env);
  const outputs = pipes?.map(({ writer }) => writer) ?? (["pipe", "pipe"] as const);
  try {
    const stdio: StdioOptions = [inputOf(io), ...outputs];
    const child: ChildProcess = spawn(program, args, { env: io.env, stdio });
    await once(child, "spawn");
    const [stdout, stderr] = pipes?.map(({ reader }) => reader) ?? [child.stdout, child.stderr];
    return { process: child, stdout: stdout as Readable, stderr: stderr as Readable };
  } catch (error) {
    for (const { reader } of pipes ?? []) reader.destroy();
    throw error;
  } finally {
    closeWriters(pipes ?? []);
  }
}

async function watch(child: Child, { io, onOutput, onStart }: ChildOptions): Promise<ChildEnd> {
  // A signal for a command that has just ended is no error.
  child.process.on("error", () => undefined);
  const ended = once(child.process, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const closed = Promise.all([closeOf(child.stdout), closeOf(child.stderr)]);
  onStart((signal) => child.process.kill(signal));
  const copies = [
    // Without a reader the command is told so by its next write, as it would be without us.
    new Copy(child.stdout, io.stdout, (chunk) => onOutput("stdout", chunk), "stop"),
    // What goes wrong is still wanted for the log and the report.
    new Copy(child.stderr, io.stderr, (chunk) => onOutput("stderr", chunk), "go on"),
  ];
  const [status, signal] = await ended;
  await Promise.race([closed, silence(copies)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return signal === null ? { kind: "exited", status: status ?? 0 } : { kind: "killed", signal };
}

function closeOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once("close", resolve));
}

async function silence(copies: readonly Copy[]): Promise<void> {
  const start = performance.now();
  while (copies.some((copy) => copy.isBusySince(start))) {
    await delay(50, undefined, { ref: false });
  }
}

/** The status with which a shell would report such an end. */
export function exitStatusOf(end: ChildEnd): number {
  return end.kind === "killed" ? 128 + constants.signals[end.signal] : end.status;
}

/** A program that ends when its input does must not wait for ours when we have none to give. */
function inputOf(io: Io): number | "ignore" {
  return "fd" in io.stdin && typeof io.stdin.fd === "number" ? io.stdin.fd : "ignore";
}

function unstartable(error: unknown): ChildEnd {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const isMissing = code === "ENOENT";
  return {
    kind: "unstartable",
    status: isMissing ? 127 : 126,
    error: isMissing ? "there is no such program" : `it could not be started (${code})`,
  };
}

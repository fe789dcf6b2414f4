import type { Readable, Writable } from "node:stream";

/** Everything a command may touch of the process it runs in; only `bin` builds one from the real process. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Both ends are a terminal: colours, progress and questions are welcome. */
  readonly isTerminal: boolean;
  /** Aborted on Ctrl-C and SIGTERM; long-running commands end cleanly on it. */
  readonly signal: AbortSignal;
  /**
   * From now on every SIGINT, SIGTERM and SIGHUP goes to the listener, and none of them ends the
   * process; undone by the function that it returns.
   */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Sets the status with which the process will end. */
  setExitStatus(status: number): void;
}

/** Writes a result line to stdout. */
export function print(io: Io, line: string): void {
  io.stdout.write(`${line}\n`);
}

/** Writes a remark to stderr, where it cannot mix with results. */
export function remark(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}

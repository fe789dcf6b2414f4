import type { Io } from "./io.ts";

/** The real process as `Io`. Called once, by the programs in bin/. */
export function processIo(): Io {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => abort.abort(signal));
  }
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: process.stdin.isTTY && process.stdout.isTTY,
    signal: abort.signal,
    setExitStatus: (status) => {
      process.exitCode = status;
    },
  };
}

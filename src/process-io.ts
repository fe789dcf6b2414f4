import type { Io } from "./io.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The real process as `Io`. Called once, by the programs in bin/. */
export function processIo(): Io {
  const abort = new AbortController();
  for (const signal of signals) {
    process.once(signal, () => abort.abort(signal));
  }
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: process.stdin.isTTY && process.stdout.isTTY,
    signal: abort.signal,
    onSignal: (listener) => {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    setExitStatus: (status) => {
      process.exitCode = status;
    },
  };
}

import { setTimeout as delay } from "node:timers/promises";
import { ProgramError } from "../errors.ts";
import type { Home } from "./home.ts";
import { isServerOf } from "./process.ts";

const lookEveryMs = 500;

/**
 * Watches the server on our data until the signal. By its process, not by logging in: a server that is
 * full or busy lives.
 *
 * @throws ProgramError when the server ends before
 */
export async function watchServer(home: Home, pid: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (!(await isServerOf(pid, home.dataFolder))) {
      throw new ProgramError(`the embedded server (process ${pid}) has ended by itself`, {
        hint: `Its log, ${home.logFile}, may say why. To start it again, run the same command.`,
      });
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

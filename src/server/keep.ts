import { setTimeout as delay } from "node:timers/promises";
import { LastgoodError, messageOf, ProgramError } from "../errors.ts";
import { answeringServer } from "./answering.ts";
import { joinRunning, startAgain, type EmbeddedOptions, type Found } from "./bring-up.ts";
import type { Home } from "./home.ts";
import { StartError } from "./launch.ts";
import { withLock } from "./lock.ts";
import { runningServer } from "./pidfile.ts";
import { isServerOf, processIdentity } from "./process.ts";

const lookEveryMs = 500;

/** How long somebody who restarts the server by hand may take between its end and its start. */
const courtesyMs = 1_000;

const mostTries = 5;

/** A server that ran this long has come up for good: what ends it then has not to do with its start. */
const steadyAfterMs = 60_000;

/**
 * The server that was found, and whichever takes its place: one that ends by itself is started again at
 * its address, and one that somebody else started there meanwhile is followed.
 */
export class KeptServer {
  readonly #options: EmbeddedOptions;
  readonly #home: Home;
  #found: Found;
  /** Starts of ours, and attempts that failed, since a server ran for a while. */
  #tries = 0;
  /** When the server came up; undefined while it is down. */
  #upSince: number | undefined = performance.now();
  #lastFailure: unknown = undefined;

  constructor(options: EmbeddedOptions, home: Home, found: Found) {
    this.#options = options;
    this.#home = home;
    this.#found = found;
  }

  /**
   * Looks by the server's process, not by logging in: one that is full or busy lives.
   *
   * @throws ProgramError when the server cannot be kept up
   */
  async watch(signal: AbortSignal): Promise<void> {
    const { dataFolder } = this.#home;
    for (;;) {
      const isUp = await isServerOf(this.#found.state.pid ?? -1, dataFolder);
      // At the end, too: what took the place of ours has to be stopped.
      if (!isUp) await this.#bringBack(signal);
      if (signal.aborted) return;
      if (isUp) await pause(lookEveryMs, signal);
    }
  }

  async stop(): Promise<void> {
    await this.#found.stop();
  }

  /** One attempt; a failure that may pass is kept for when there were too many. */
  async #bringBack(signal: AbortSignal): Promise<void> {
    this.#forgetOldTries();
    if (this.#tries === mostTries) throw this.#gone(this.#tooOften());
    await this.#letOthersStart(signal);
    if (signal.aborted && (await runningServer(this.#home.dataFolder)) === undefined) return;
    const { pid } = this.#found.state;
    try {
      this.#found = await withLock(this.#home.lock, () => this.#successor());
    } catch (error) {
      if (error instanceof LastgoodError && !(error instanceof StartError)) throw this.#gone(error);
      this.#tries += 1;
      this.#lastFailure = error;
      return;
    }
    this.#upSince = performance.now();
    const { state, alreadyRunning } = this.#found;
    if (!alreadyRunning) this.#tries += 1;
    const what = alreadyRunning ? "somebody else started it again" : "it was started again";
    this.#options.onProgress?.(
      `the embedded server (process ${pid}) ended by itself; ${what} (process ${state.pid})`,
    );
  }

  #forgetOldTries(): void {
    if (this.#upSince !== undefined && performance.now() - this.#upSince > steadyAfterMs) {
      this.#tries = 0;
      this.#lastFailure = undefined;
    }
    this.#upSince = undefined;
  }

  /** Each attempt waits for this, so that they are not made all at once. */
  async #letOthersStart(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + courtesyMs;
    while (!signal.aborted && performance.now() < deadline) {
      if ((await runningServer(this.#home.dataFolder)) !== undefined) return;
      await pause(50, signal);
    }
  }

  async #successor(): Promise<Found> {
    const { env } = this.#options;
    const { state } = this.#found;
    const running = await answeringServer(this.#home, { env });
    if (running === undefined) return startAgain(env, this.#home, state);
    const { port, socketFolder } = running;
    if (port !== state.port || socketFolder !== state.socketFolder) {
      throw new ProgramError(`somebody started it at another address, port ${port}`);
    }
    const wasOurs = state.startedBy === (await processIdentity(process.pid));
    return joinRunning({ env }, this.#home, running, wasOurs);
  }

  #tooOften(): ProgramError {
    const cause = this.#lastFailure;
    const why = cause === undefined ? "" : `; the last time: ${messageOf(cause)}`;
    return new ProgramError(`it did not stay up, ${mostTries} times in a row${why}`, { cause });
  }

  #gone(cause: LastgoodError): ProgramError {
    const what = `the embedded server (process ${this.#found.state.pid}) has ended by itself`;
    const log = `Its log, ${this.#home.logFile}, may say why.`;
    const hint = cause.hint ?? "To start it again, run the same command.";
    return new ProgramError(`${what} and could not be started again: ${cause.message}`, {
      cause,
      hint: `${log} ${hint}`,
    });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

import { LastgoodError } from "../errors.ts";

const beatMs = 10_000;

const hint = "Start it again. Was this host asleep, or cut off from the database?";

/** Another process took the run over, or it was ended: whatever we still do must not count. */
export class LeaseLostError extends LastgoodError {
  readonly code = "LEASE_LOST";
}

/** Keeps a run ours while it works: renewed by heartbeat, in database time. */
export class Lease implements Disposable {
  /** Aborted once the lease is lost. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #lost = new AbortController();
  #isAsking = false;

  /** @param renew says whether the run is still ours */
  constructor(renew: () => Promise<boolean>) {
    this.signal = this.#lost.signal;
    this.#timer = setInterval(() => void this.#beat(renew), beatMs);
    this.#timer.unref();
  }

  async #beat(renew: () => Promise<boolean>): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      if (!(await renew())) {
        this.#lose(
          new LeaseLostError("the run was taken over, or ended by somebody else", { hint }),
        );
      }
    } catch (cause) {
      this.#lose(new LeaseLostError("the run's lease could not be renewed", { cause, hint }));
    } finally {
      this.#isAsking = false;
    }
  }

  #lose(error: LeaseLostError): void {
    clearInterval(this.#timer);
    this.#lost.abort(error);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

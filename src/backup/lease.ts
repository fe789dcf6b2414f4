import { LastgoodError } from "../errors.ts";

const beatMs = 10_000;

const hint = "Start it again. Was this host asleep, or cut off from the database?";

/** Another process took the run over, or it was ended: whatever we still do must not count. */
export class LeaseLostError extends LastgoodError {
  readonly code = "LEASE_LOST";
}

export function takenOver(): LeaseLostError {
  return new LeaseLostError("the run was taken over, or ended by somebody else", { hint });
}

/** Keeps a run ours while it works: renewed by heartbeat, in database time. */
export class Lease implements Disposable {
  /** Aborted once the lease is lost. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #lost = new AbortController();
  readonly #patienceMs: number;
  #renewedAt = performance.now();
  #isAsking = false;

  /**
   * @param renew says whether the run is still ours
   * @param patienceMs for how long it may fail, where whoever is asked connects again; less than the
   *   lease has
   */
  constructor(renew: () => Promise<boolean>, patienceMs = 0) {
    this.#patienceMs = patienceMs;
    this.signal = this.#lost.signal;
    this.#timer = setInterval(() => void this.#beat(renew), beatMs);
    this.#timer.unref();
  }

  async #beat(renew: () => Promise<boolean>): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const asked = performance.now();
      if (await renew()) this.#renewedAt = asked;
      else this.#lose(takenOver());
    } catch (cause) {
      if (performance.now() - this.#renewedAt < this.#patienceMs) return;
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

import type { Readable, Writable } from "node:stream";

/** Something that a command left running may hold its output open: so long it may stay silent. */
const patienceMs = 1_000;

/** Copies a stream as it comes, no faster than it is taken. */
export class Copy {
  readonly #from: Readable;
  #lastReadAt = 0;
  #isWaiting = false;
  #isBroken = false;

  /** `ifBroken` says what to do with the rest when nobody takes it any more. */
  constructor(
    from: Readable,
    to: Writable,
    onChunk: (chunk: Buffer) => void,
    ifBroken: "stop" | "go on",
  ) {
    this.#from = from;
    to.on("error", () => {
      this.#isBroken = true;
      if (ifBroken === "stop") from.destroy();
      else this.#goOn();
    });
    to.on("drain", () => this.#goOn());
    from.on("error", () => undefined);
    from.on("data", (chunk: Buffer) => {
      this.#lastReadAt = performance.now();
      onChunk(chunk);
      if (this.#isBroken || to.write(chunk)) return;
      this.#isWaiting = true;
      from.pause();
    });
  }

  /** Whether more may come: what was read waits to be taken, or the silence is still short. */
  isBusySince(start: number): boolean {
    if (this.#from.readableEnded || this.#from.destroyed) return false;
    return this.#isWaiting || performance.now() - Math.max(start, this.#lastReadAt) < patienceMs;
  }

  #goOn(): void {
    this.#isWaiting = false;
    this.#lastReadAt = performance.now();
    this.#from.resume();
  }
}

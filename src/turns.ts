import { setImmediate } from "node:timers/promises";

const length = 50;

/** Lets other work have its turn now and then, where much is done without waiting. */
export class Turns {
  #end: number = performance.now() + length;

  /** Whether ours took long enough; then {@link pass} is to be awaited. */
  get isOver(): boolean {
    return performance.now() > this.#end;
  }

  async pass(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + length;
  }
}

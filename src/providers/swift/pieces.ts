/** Nothing came for a while. */
export const pause: unique symbol = Symbol("pause");

/**
 * A body taken piece by piece, in pieces no larger than asked for. A piece may be used until the next
 * one is asked for: whoever gives it may write into it again.
 */
export class Pieces {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #coming: Promise<IteratorResult<Uint8Array>> | undefined;
  #rest: Uint8Array | undefined;
  #isOver = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]();
  }

  /** Waits for the next byte, or the end. */
  async hasMore(): Promise<boolean> {
    while (this.#rest === undefined && !this.#isOver) await this.#arrive();
    return this.#rest !== undefined;
  }

  /** Up to so many bytes; undefined at the end, `pause` where none came in so much time. */
  async take(most: number, waitMs: number): Promise<Uint8Array | typeof pause | undefined> {
    while (this.#rest === undefined && !this.#isOver) {
      if (!(await this.#arrive(waitMs))) return pause;
    }
    const piece = this.#rest?.subarray(0, most);
    const rest = this.#rest?.subarray(most);
    this.#rest = rest === undefined || rest.length === 0 ? undefined : rest;
    return piece;
  }

  /** Everything, where that is no more than so much; else as much as there is room for, and more is to come. */
  async gather(most: number): Promise<Buffer> {
    const gathered: Buffer[] = [];
    let size = 0;
    while (size < most && (await this.hasMore())) {
      const piece = Buffer.from((await this.take(most - size, 0)) as Uint8Array);
      gathered.push(piece);
      size += piece.length;
    }
    return Buffer.concat(gathered);
  }

  /** Tells the body that no more of it is wanted. */
  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#iterator.return?.();
  }

  /** False where nothing came in time; then the same chunk is waited for next time. */
  async #arrive(waitMs?: number): Promise<boolean> {
    const coming = (this.#coming ??= this.#iterator.next());
    const result = await (waitMs === undefined ? coming : inTime(coming, waitMs));
    if (result === undefined) return false;
    this.#coming = undefined;
    if (result.done === true) this.#isOver = true;
    else if (result.value.length > 0) this.#rest = result.value;
    return true;
  }
}

/** Undefined where it takes longer. */
async function inTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return await new Promise<T | undefined>((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

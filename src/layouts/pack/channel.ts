/** Hands buffers from one writer to one reader; the writer goes on when the reader wants the next one. */
export class Channel implements AsyncIterable<Uint8Array> {
  #waiting: { readonly bytes: Uint8Array; readonly taken: () => void } | undefined;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;

  /** Resolves once the reader has asked for more. One call at a time. */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting = { bytes, taken: resolve };
    this.#fail = reject;
    this.#wake?.();
    await promise;
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Ends both sides with an error; the first one counts. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#fail?.(error);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const next = this.#waiting;
      if (next !== undefined) {
        this.#waiting = undefined;
        yield next.bytes;
        next.taken();
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}

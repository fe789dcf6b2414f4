/** What is done with the same key is done one after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(key: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const acting = before.then(act);
    const over = acting.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, over);
    try {
      return await acting;
    } finally {
      if (this.#last.get(key) === over) this.#last.delete(key);
    }
  }
}

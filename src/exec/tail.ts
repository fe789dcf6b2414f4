/** Keeps the end of a stream, however long the stream is. */
export class Tail {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#size - first.length < this.#limit) return;
      this.#size -= first.length;
      this.#chunks.shift();
    }
  }

  /** At least as much as the limit, if there was so much. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

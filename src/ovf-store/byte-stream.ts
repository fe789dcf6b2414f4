/** Takes pieces of a wanted length out of a stream of chunks. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Where in the stream the next byte lies. */
  get offset(): number {
    return this.#offset;
  }

  /** So many bytes, in a buffer of their own; fewer where the stream ends before. */
  async take(size: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for (let wanted = size; wanted > 0;) {
      const piece = await this.#next(wanted);
      if (piece === undefined) break;
      pieces.push(piece);
      wanted -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Passes over so many bytes; returns how many there were. */
  async skip(size: number): Promise<number> {
    let skipped = 0;
    while (skipped < size) {
      const piece = await this.#next(size - skipped);
      if (piece === undefined) break;
      skipped += piece.length;
    }
    return skipped;
  }

  /** Lets go of the stream, wherever it stands. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(most: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.#offset += piece.length;
    return piece;
  }
}

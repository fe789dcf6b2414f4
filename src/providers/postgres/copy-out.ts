import type { Client, Connection, Submittable } from "pg";

/**
 * The data of a COPY statement, whole. `pg` takes all columns of a query for text, and this alone comes
 * as the bytes that they are.
 *
 * @param limit how many bytes there may be; whatever is more is left out
 */
export async function copyOut(client: Client, statement: string, limit: number): Promise<Buffer> {
  const copy = new Copy(statement, limit);
  client.query(copy);
  return await copy.done;
}

/** A query as `pg` sees it: it calls these methods as the server answers. */
class Copy implements Submittable {
  readonly done: Promise<Buffer>;
  readonly #statement: string;
  readonly #data: Buffer;
  readonly #settle: PromiseWithResolvers<Buffer>;
  #used = 0;

  constructor(statement: string, limit: number) {
    this.#statement = statement;
    this.#data = Buffer.allocUnsafeSlow(limit);
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.#statement);
  }

  /** `pg` uses the buffer of a message again: its bytes are copied now or lost. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#used += chunk.copy(this.#data, this.#used);
  }

  handleCommandComplete(): void {
    // What counts is that the server is ready for more.
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#data.subarray(0, this.#used));
  }

  handleError(error: unknown): void {
    this.#settle.reject(error);
  }
}

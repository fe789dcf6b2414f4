import type { Client, Connection, Submittable } from "pg";

/** What `pg` has for COPY and its types leave out. */
interface CopyConnection extends Connection {
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/**
 * Sends bytes as the data of a COPY statement, with memory bounded. Where the bytes end in an error the
 * server is told to forget all of them, and that error is thrown.
 */
export async function copyIn(
  client: Client,
  statement: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const copy = new Copy(statement, bytes);
  client.query(copy);
  await copy.done;
}

/** A query as `pg` sees it: it calls these methods as the server answers. */
class Copy implements Submittable {
  readonly done: Promise<void>;
  readonly #statement: string;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #settle: PromiseWithResolvers<void>;
  #failure: { readonly cause: unknown } | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(statement: string, bytes: AsyncIterable<Uint8Array>) {
    this.#statement = statement;
    this.#bytes = bytes;
    this.#settle = Promise.withResolvers();
    this.done = this.#settle.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.#statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#send(connection).catch((cause: unknown) => this.#fail(cause));
  }

  handleCommandComplete(): void {
    // What counts is that the server is ready for more.
  }

  handleReadyForQuery(): void {
    this.#end();
    if (this.#failure === undefined) this.#settle.resolve();
    else this.#settle.reject(this.#failure.cause);
  }

  handleError(error: unknown): void {
    this.#failure ??= { cause: error };
    this.#end();
    this.#settle.reject(this.#failure.cause);
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
  }

  #end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async #send(connection: CopyConnection): Promise<void> {
    try {
      for await (const chunk of this.#bytes) {
        if (this.#isOver) return;
        await this.#write(connection, chunk);
      }
    } catch (cause) {
      this.#failure ??= { cause };
      if (!this.#isOver) connection.sendCopyFail("the data is not as it was backed up");
      return;
    }
    if (!this.#isOver) connection.endCopyFrom();
  }

  /** Resolves when the bytes have left, or nobody wants them any more. */
  async #write({ stream }: CopyConnection, chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    const head = Buffer.allocUnsafe(5);
    head.write("d", 0, "latin1");
    head.writeUInt32BE(chunk.length + 4, 1);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      stream.cork();
      stream.write(head);
      stream.write(chunk, () => resolve());
      stream.uncork();
    });
  }
}

import { createHash } from "node:crypto";
import type { Provider } from "../../providers/provider.ts";
import { Channel } from "../pack/channel.ts";
import { type Piece, readPieces } from "./pieces.ts";

/** Bytes that were gathered. */
export interface Gathered extends Piece {
  readonly sha256: string;
}

/**
 * Gathers documents in one object, as they come: which of them belong into a tar, and under which names,
 * is only known later, and all of them do not fit into memory.
 */
export class Spool {
  readonly #provider: Provider;
  readonly #key: string;
  readonly #channel = new Channel();
  #putting: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #size = 0;

  constructor(provider: Provider, key: string) {
    this.#provider = provider;
    this.#key = key;
  }

  /** One after the other, however many ask at once. */
  async store(bytes: AsyncIterable<Uint8Array>): Promise<Gathered> {
    const turn = this.#turn.then(() => this.#append(bytes));
    this.#turn = turn.catch(() => {});
    return await turn;
  }

  /** Nothing can be stored any more; all that was is durable. */
  async close(): Promise<void> {
    await this.#turn;
    this.#channel.end();
    await this.#putting;
  }

  /** What was gathered, in the given order; only once it is closed. */
  read<T extends Piece>(
    pieces: Iterable<T>,
  ): AsyncGenerator<readonly [T, AsyncIterable<Uint8Array>]> {
    return readPieces(this.#provider, this.#key, pieces);
  }

  /** Ends the write, if it runs. */
  async abort(reason: unknown): Promise<void> {
    this.#channel.fail(reason);
    await this.#putting?.catch(() => {});
  }

  async #append(bytes: AsyncIterable<Uint8Array>): Promise<Gathered> {
    const offset = this.#size;
    const sha256 = createHash("sha256");
    for await (const chunk of bytes) {
      if (chunk.length === 0) continue;
      sha256.update(chunk);
      this.#putting ??= this.#put();
      await this.#channel.push(chunk);
      this.#size += chunk.length;
    }
    return { offset, size: this.#size - offset, sha256: sha256.digest("hex") };
  }

  #put(): Promise<void> {
    const putting = this.#provider.put(this.#key, this.#channel);
    // Whoever stores sees the failure.
    putting.catch((error: unknown) => this.#channel.fail(error));
    return putting;
  }
}

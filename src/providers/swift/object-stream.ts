import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { connectionError } from "./trouble.ts";

export interface StreamOptions {
  /** How many bytes there have to be. */
  readonly length: number;
  readonly signal: AbortSignal;
  /** What failed, when it fails. */
  readonly what: string;
  /** Asks for what follows the first so many bytes, of the same object. */
  readonly resume: (offset: number) => Promise<IncomingMessage>;
}

/** Of what comes between two breaks: with less the connection counts as no good. */
const enough = 1024 * 1024;
const mostBreaks = 3;

/** The bytes of an object; where the connection breaks, the rest is asked for. Never ends early. */
export class ObjectStream extends Readable {
  readonly #options: StreamOptions;
  readonly #abort = (): void => void this.destroy(this.#options.signal.reason as Error);
  #response: IncomingMessage;
  #got = 0;
  #lastBreak = 0;
  #breaks = 0;

  constructor(response: IncomingMessage, options: StreamOptions) {
    super({ highWaterMark: 256 * 1024 });
    this.#options = options;
    this.#response = response;
    options.signal.addEventListener("abort", this.#abort);
    this.#listen();
  }

  override _read(): void {
    this.#response.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#options.signal.removeEventListener("abort", this.#abort);
    if (!this.#response.complete) this.#response.destroy();
    callback(error);
  }

  #listen(): void {
    const response = this.#response;
    let isOver = false;
    const end = (cause?: Error): void => {
      if (isOver) return;
      isOver = true;
      this.#end(cause ?? new Error(`the answer ended after ${this.#got} bytes`));
    };
    response.on("data", (chunk: Buffer) => {
      this.#got += chunk.length;
      if (!this.push(chunk)) response.pause();
    });
    response.on("end", end);
    response.on("error", end);
    response.on("close", end);
    response.pause();
  }

  #end(cause: Error): void {
    if (this.destroyed) return;
    if (this.#got === this.#options.length) {
      this.push(null);
      return;
    }
    this.#resume(cause).catch((error: unknown) => this.destroy(error as Error));
  }

  async #resume(cause: Error): Promise<void> {
    this.#breaks = this.#got - this.#lastBreak < enough ? this.#breaks + 1 : 1;
    this.#lastBreak = this.#got;
    if (this.#breaks > mostBreaks || this.#got > this.#options.length) {
      throw connectionError(cause, this.#options.what);
    }
    const response = await this.#options.resume(this.#got);
    if (this.destroyed) {
      response.destroy();
      return;
    }
    this.#response = response;
    this.#listen();
    response.resume();
  }
}

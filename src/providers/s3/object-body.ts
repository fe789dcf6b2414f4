import { Readable } from "node:stream";
import { PlaceError } from "../provider.ts";
import type { Store } from "./store.ts";
import { placeError } from "./trouble.ts";

/** What an answer of the SDK carries on Node. */
interface Incoming extends Readable {
  readonly socket?: { setTimeout(ms: number): unknown };
}

/**
 * The bytes of an object, counted: fewer or more than were announced are an error. While whoever reads
 * does not ask for more, the silence of the service is not held against it.
 */
export class ObjectBody extends Readable {
  readonly #body: Incoming;
  readonly #store: Store;
  readonly #what: string;
  readonly #abort: () => void;
  #left: number;

  constructor(body: Readable, length: number, store: Store, what: string) {
    super();
    this.#body = body;
    this.#store = store;
    this.#what = what;
    this.#left = length;
    this.#abort = (): void => void this.destroy(store.signal.reason as Error);
    store.signal.addEventListener("abort", this.#abort);
    body.on("data", (chunk: Buffer) => this.#take(chunk));
    body.on("end", () => this.#end());
    body.on("error", (error) => this.#fail(error));
    body.on("close", () => this.#fail(new Error("the connection was closed")));
    body.pause();
  }

  override _read(): void {
    // After its end the connection is somebody else's.
    if (this.#body.readableEnded) return;
    this.#body.socket?.setTimeout(this.#store.silenceMs);
    this.#body.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#store.signal.removeEventListener("abort", this.#abort);
    this.#body.destroy();
    callback(error);
  }

  #take(chunk: Buffer): void {
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.destroy(new PlaceError("failed", `${this.#what}: more came than was asked for`));
      return;
    }
    if (this.push(chunk)) return;
    this.#body.pause();
    this.#body.socket?.setTimeout(0);
  }

  #end(): void {
    if (this.#left === 0) this.push(null);
    else this.#fail(new Error("it ended"));
  }

  #fail(error: Error): void {
    if (this.destroyed || this.#left <= 0) return;
    const { signal, secrets } = this.#store;
    if (signal.aborted) return void this.destroy(signal.reason as Error);
    const cause = placeError(error, this.#what, secrets);
    const message = `${this.#what}: ${this.#left} bytes before its end ${error.message}`;
    this.destroy(new PlaceError("unreachable", message, { cause }));
  }
}

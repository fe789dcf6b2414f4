import type { IncomingMessage } from "node:http";
import type { PlaceError } from "../provider.ts";
import { bytesOf } from "./answer.ts";
import type { Ask, Feed, Http } from "./http.ts";
import { retrying } from "./retry.ts";
import type { Access, Session } from "./session.ts";
import { answerError, connectionError, isDistrusted, TemporaryError } from "./trouble.ts";

export interface Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Within the container; left out for the container itself. */
  readonly name?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** In place of it, what can be had only once: what goes wrong after its first byte is final. */
  readonly feed?: Feed;
  /** Statuses besides 2xx that are an answer, and no trouble. */
  readonly accepts?: readonly number[];
  /** What could not be done, where it could not: of an error. */
  readonly what: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface ClientOptions {
  readonly http: Http;
  readonly session: Session;
  readonly container: string;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/**
 * Requests to one container, with a token. What may be over soon is tried again, so each request has
 * to be safe to repeat; a token that is no longer taken is renewed once.
 */
export class SwiftClient {
  readonly signal: AbortSignal;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.signal = options.signal;
  }

  /** The same, for what has to be tidied up though all else is ended. */
  forTidying(ms: number): SwiftClient {
    return new SwiftClient({ ...this.#options, attempts: 2, signal: AbortSignal.timeout(ms) });
  }

  /** Sends a request and reads all of its answer, which is short. @throws PlaceError, or what a feed throws */
  async ask(request: Request): Promise<Answer> {
    return await this.#send(request, async (response) => {
      const body = await this.#reading(request.what, () => bytesOf(response, this.signal));
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    });
  }

  /** The head of an answer, whose body is to be read or destroyed. @throws PlaceError */
  async open(request: Request): Promise<IncomingMessage> {
    return await this.#send(request, (response) => Promise.resolve(response));
  }

  async #send<T>(request: Request, use: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const { attempts, signal, session } = this.#options;
    const body = new OnceFed(request.feed);
    return await retrying({ attempts, signal }, async () => {
      try {
        const access = await session.access({ attempts, signal });
        let response = await this.#begin(access, request, body.feed);
        if (response.statusCode === 401 && !body.isBegun) {
          this.#refuse(response, request);
          await session.forget(access);
          response = await this.#begin(
            await session.access({ attempts, signal }),
            request,
            body.feed,
          );
        }
        if (!isAccepted(response, request)) throw this.#refuse(response, request);
        return await use(response);
      } catch (error) {
        throw body.errorFor(error);
      }
    });
  }

  async #begin(access: Access, request: Request, feed: Feed | undefined): Promise<IncomingMessage> {
    const { http, signal } = this.#options;
    const ask: Ask = {
      method: request.method,
      url: this.#urlOf(access, request),
      headers: { ...request.headers, "X-Auth-Token": access.token },
      signal,
      body: request.body,
      feed,
    };
    return await this.#reading(request.what, () => http.send(ask));
  }

  #urlOf({ storageUrl }: Access, { name, query }: Request): URL {
    const parts = [this.#options.container, ...(name === undefined ? [] : name.split("/"))];
    const url = new URL(`${storageUrl}/${parts.map(encodeURIComponent).join("/")}`);
    for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
    return url;
  }

  #refuse(response: IncomingMessage, { what }: Request): PlaceError | TemporaryError {
    // Its text is not told: it may repeat what was sent.
    response.on("error", () => undefined).resume();
    return answerError(response.statusCode ?? 0, response.headers, what);
  }

  async #reading<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      this.signal.throwIfAborted();
      const error = connectionError(cause, what);
      throw isDistrusted(cause) ? error : new TemporaryError(error);
    }
  }
}

/** A body that can be had only once: after its first byte nothing is tried again. */
class OnceFed {
  readonly feed: Feed | undefined;
  isBegun = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(feed: Feed | undefined) {
    if (feed === undefined) return;
    this.feed = async (write) => {
      this.isBegun = true;
      try {
        await feed(write);
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
    };
  }

  /** What the body threw is passed on as it was. */
  errorFor(error: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    return this.isBegun && error instanceof TemporaryError ? error.error : error;
  }
}

function isAccepted(response: IncomingMessage, { accepts = [] }: Request): boolean {
  const status = response.statusCode ?? 0;
  return (status >= 200 && status < 300) || accepts.includes(status);
}

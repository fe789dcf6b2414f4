import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";

/** Gives a body piece by piece; false is answered where nothing more is wanted. */
export type Feed = (write: (chunk: Uint8Array) => Promise<boolean>) => Promise<void>;

export interface Ask {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Of a length that is known. */
  readonly body?: Uint8Array | undefined;
  /** Of any length; called once the server wants it. */
  readonly feed?: Feed | undefined;
}

/** Servers that know nothing of "Expect: 100-continue" never ask for the body. */
const continueWaitMs = 3000;

/** HTTP with connections that are kept, and an end to those on which nothing moves. */
export class Http {
  readonly #agents: { readonly "http:": HttpAgent; readonly "https:": HttpsAgent };
  readonly #timeoutMs: number;
  #isAskedFor = true;

  constructor({ timeoutMs, ca }: { readonly timeoutMs: number; readonly ca: string | undefined }) {
    this.#timeoutMs = timeoutMs;
    const kept = { keepAlive: true };
    const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
    this.#agents = {
      "http:": new HttpAgent(kept),
      "https:": new HttpsAgent({ ...kept, ...trusted }),
    };
  }

  /**
   * Resolves with the head of the answer; its body has to be read or destroyed. Rejects with what the
   * feed throws, with the reason of the signal, or with what the system says of the connection.
   */
  async send(ask: Ask): Promise<IncomingMessage> {
    ask.signal.throwIfAborted();
    const exchange = new Exchange(this.#begin(ask), this.#timeoutMs);
    try {
      if (ask.feed === undefined) exchange.end(ask.body);
      else await this.#feed(exchange, ask.feed);
      return await exchange.answer;
    } catch (error) {
      exchange.destroy();
      ask.signal.throwIfAborted();
      throw error;
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #begin({ method, url, headers, signal, body, feed }: Ask): ClientRequest {
    const isSecure = url.protocol === "https:";
    const length = body === undefined ? {} : { "Content-Length": String(body.length) };
    const expect = feed === undefined || !this.#isAskedFor ? {} : { Expect: "100-continue" };
    return (isSecure ? httpsRequest : httpRequest)(url, {
      method,
      signal,
      agent: this.#agents[isSecure ? "https:" : "http:"],
      timeout: this.#timeoutMs,
      headers: { ...headers, ...length, ...expect },
    });
  }

  async #feed(exchange: Exchange, feed: Feed): Promise<void> {
    if (this.#isAskedFor) this.#isAskedFor = await exchange.isAskedForBody(continueWaitMs);
    if (exchange.isAnswered) return;
    await feed((chunk) => exchange.write(chunk));
    // An end after an early answer would make less than the body look like all of it.
    if (!exchange.isAnswered) exchange.end();
  }
}

/** One request and its answer. */
class Exchange {
  readonly answer: Promise<IncomingMessage>;
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #isAsked = false;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(request: ClientRequest, timeoutMs: number) {
    this.#request = request;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    this.answer = promise;
    // Whoever writes the body finds out by the next write.
    promise.catch(() => undefined);
    const over = (): void => {
      this.#isOver = true;
      this.#wake();
    };
    request.on("continue", () => {
      this.#isAsked = true;
      this.#wake();
    });
    request.on("response", (response) => {
      this.#response = response;
      // A connection with half a request on it is of no more use.
      response.once("end", () => request.writableEnded || request.destroy());
      resolve(response);
      over();
    });
    request.on("error", (error) => {
      reject(error);
      over();
    });
    request.on("timeout", () => this.#endIfStuck(timeoutMs));
  }

  get isAnswered(): boolean {
    return this.#isOver;
  }

  /** Whether the server said so in time, or answered at once. */
  async isAskedForBody(waitMs: number): Promise<boolean> {
    if (this.#isAsked || this.#isOver) return true;
    this.#request.flushHeaders();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    return this.#isAsked || this.#isOver;
  }

  /** Resolves when the chunk may be used again; false where the server has answered already. */
  async write(chunk: Uint8Array): Promise<boolean> {
    if (this.#isOver) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#request.write(chunk, () => resolve());
    await promise;
    return !this.#isOver;
  }

  end(body?: Uint8Array): void {
    if (!this.#request.destroyed) this.#request.end(body);
  }

  destroy(): void {
    this.#request.destroy();
  }

  #endIfStuck(timeoutMs: number): void {
    // Whoever reads may take its time: then it is not the server that does nothing.
    if (this.#response !== undefined && this.#response.readableLength > 0) {
      this.#request.socket?.setTimeout(timeoutMs);
      return;
    }
    const error = new Error(`no byte came or went for ${timeoutMs / 1000} s`);
    (this.#response ?? this.#request).destroy(error);
  }
}

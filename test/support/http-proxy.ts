import { createServer, request as ask, Agent } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { pipeline } from "node:stream/promises";

/** A request as it came; headers in lower case. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What happens to a request in place of being passed on as it is. */
export type Mischief =
  /** Answered here; the server behind never hears of it. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: OutgoingHttpHeaders;
      readonly body?: string;
    }
  /** The connection breaks once so much of the request's body went on; neither side gets more. */
  | { readonly kind: "cut-request"; readonly after: number }
  /** The server has done all of it, but the connection breaks after so much of its answer's body. */
  | { readonly kind: "cut-response"; readonly after: number }
  /** The server has done all of it, and not even its status comes. */
  | { readonly kind: "lose-response" }
  /** The connection breaks at once; the server behind never hears of it. */
  | { readonly kind: "hang-up" }
  /** Taken and never answered. */
  | { readonly kind: "hang" }
  /** So much of the answer's body comes, and then nothing for ever. */
  | { readonly kind: "hang-response"; readonly after: number }
  /** A byte of the request's body, or of the answer's, is another one. */
  | { readonly kind: "flip-request"; readonly at: number }
  | { readonly kind: "flip-response"; readonly at: number }
  /** The answer's headers are others; undefined leaves one out. */
  | {
      readonly kind: "headers";
      readonly change: Readonly<Record<string, string | undefined>>;
    };

export interface Rule {
  readonly method?: string;
  /** Of path and query. */
  readonly path?: RegExp;
  readonly matches?: (seen: Seen) => boolean;
  /** How many that match are left in peace first; none by default. */
  readonly skip?: number;
  /** How many are met after that; one by default. */
  readonly times?: number;
  /** Called when a request is met, before anything else happens. */
  readonly onMet?: () => unknown;
  readonly does: Mischief;
}

export interface HttpProxy {
  readonly url: string;
  readonly port: number;
  /** Every request so far, in order of arrival. */
  readonly seen: readonly Seen[];
  /** The first rule that meets a request counts. Returns how often it has met one. */
  add(rule: Rule): () => number;
  /** From now on all is passed on as it is. */
  clear(): void;
  /** As a server that dies: every connection breaks, and new ones are refused until `revive`. */
  die(): Promise<void>;
  revive(): Promise<void>;
  stop(): Promise<void>;
}

interface Armed {
  readonly rule: Rule;
  matched: number;
  met: number;
}

/**
 * A proxy on loopback in front of an HTTP server on loopback, that does harm where it is told to. The
 * header Host is passed on as it came, so a server that builds URLs from it names the proxy. With `tls`
 * it speaks HTTPS to those who come.
 */
export async function startHttpProxy(
  target: { readonly port: number },
  tls?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true });
  const seen: Seen[] = [];
  let armed: Armed[] = [];
  const serve = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const found = look(incoming);
    seen.push(found);
    const passing = new Passing(incoming, answer, { agent, port: target.port });
    passing.run(meet(armed, found)).catch(() => passing.breakOff());
  };
  const kept = { keepAliveTimeout: 60_000 };
  const server =
    tls === undefined ? createServer(kept, serve) : createTlsServer({ ...kept, ...tls }, serve);
  // Whether a body is wanted is for the server behind to say.
  server.on("checkContinue", serve);
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    seen,
    add(rule) {
      const one = { rule, matched: 0, met: 0 };
      armed.push(one);
      return () => one.met;
    },
    clear: () => (armed = []),
    die: close,
    revive: () => listen(port),
    async stop() {
      if (server.listening) await close();
      agent.destroy();
    },
  };
}

function look({ method = "", url = "", headers }: IncomingMessage): Seen {
  const entries = Object.entries(headers).map(([name, value]) => [name, value?.toString()]);
  return { method, path: url, headers: Object.fromEntries(entries) as Seen["headers"] };
}

function meet(armed: readonly Armed[], seen: Seen): Mischief | undefined {
  for (const one of armed) {
    const { method, path, matches, skip = 0, times = 1 } = one.rule;
    if (method !== undefined && method !== seen.method) continue;
    if (path !== undefined && !path.test(seen.path)) continue;
    if (matches !== undefined && !matches(seen)) continue;
    one.matched += 1;
    if (one.matched <= skip || one.met >= times) continue;
    one.met += 1;
    one.rule.onMet?.();
    return one.rule.does;
  }
  return undefined;
}

/** One request on its way. */
class Passing {
  readonly #incoming: IncomingMessage;
  readonly #answer: ServerResponse;
  /** Kept: a request that is over has none. */
  readonly #socket: Socket;
  readonly #target: { readonly agent: Agent; readonly port: number };

  constructor(
    incoming: IncomingMessage,
    answer: ServerResponse,
    target: { readonly agent: Agent; readonly port: number },
  ) {
    this.#incoming = incoming;
    this.#answer = answer;
    this.#socket = incoming.socket;
    this.#target = target;
  }

  async run(mischief: Mischief | undefined): Promise<void> {
    if (mischief?.kind === "hang") return;
    if (mischief?.kind === "hang-up") {
      this.breakOff();
      return;
    }
    if (mischief?.kind === "answer") {
      // Whoever does not wait for a "100 Continue" may still be sending.
      this.#incoming.resume();
      this.#answer.writeHead(mischief.status, mischief.headers).end(mischief.body);
      return;
    }
    const response = await this.#passOn(mischief);
    if (mischief?.kind === "lose-response") {
      response.resume();
      this.breakOff();
      return;
    }
    const headers = {
      ...response.headers,
      ...(mischief?.kind === "headers" ? mischief.change : {}),
    };
    const kept = Object.entries(headers).filter(([, value]) => value !== undefined);
    this.#answer.writeHead(response.statusCode ?? 502, Object.fromEntries(kept));
    this.#answer.flushHeaders();
    await pipeline(this.#spoiled(response, mischief), this.#answer);
  }

  breakOff(): void {
    this.#socket.resetAndDestroy();
  }

  async #passOn(mischief: Mischief | undefined): Promise<IncomingMessage> {
    const { method, url, headers } = this.#incoming;
    const request = ask({
      host: "127.0.0.1",
      ...this.#target,
      ...(method === undefined ? {} : { method }),
      ...(url === undefined ? {} : { path: url }),
      headers,
    });
    this.#answer.on("close", () => this.#answer.writableFinished || request.destroy());
    const responded = new Promise<IncomingMessage>((resolve, reject) => {
      request.on("response", resolve);
      request.on("error", reject);
    });
    const send = async (): Promise<void> => {
      await pipeline(this.#sent(request.destroy.bind(request), mischief), request);
    };
    if (headers.expect === undefined) {
      // An answer may come before the whole body is there: its end is then of no matter.
      void send().catch(() => undefined);
      return await responded;
    }
    request.on("continue", () => {
      this.#answer.writeContinue();
      void send().catch(() => undefined);
    });
    request.flushHeaders();
    return await responded;
  }

  async *#sent(breakRequest: () => unknown, mischief?: Mischief): AsyncGenerator<Buffer> {
    let position = 0;
    for await (const chunk of this.#incoming as AsyncIterable<Buffer>) {
      if (mischief?.kind === "cut-request" && position + chunk.length > mischief.after) {
        yield chunk.subarray(0, Math.max(0, mischief.after - position));
        breakRequest();
        this.breakOff();
        return;
      }
      yield mischief?.kind === "flip-request" ? flip(chunk, mischief.at - position) : chunk;
      position += chunk.length;
    }
    if (mischief?.kind !== "cut-request") return;
    breakRequest();
    this.breakOff();
  }

  async *#spoiled(response: IncomingMessage, mischief?: Mischief): AsyncGenerator<Buffer> {
    let position = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (isOver(mischief, position + chunk.length)) {
        yield chunk.subarray(0, Math.max(0, mischief.after - position));
        break;
      }
      yield mischief?.kind === "flip-response" ? flip(chunk, mischief.at - position) : chunk;
      position += chunk.length;
    }
    if (mischief?.kind === "hang-response") await new Promise(() => undefined);
    // What was given before goes out first.
    if (mischief?.kind === "cut-response") setImmediate(() => this.#socket.destroy());
    if (mischief?.kind === "cut-response") await new Promise(() => undefined);
  }
}

type Ending = Extract<Mischief, { readonly kind: "cut-response" | "hang-response" }>;

function isOver(mischief: Mischief | undefined, position: number): mischief is Ending {
  if (mischief?.kind !== "cut-response" && mischief?.kind !== "hang-response") return false;
  return position >= mischief.after;
}

function flip(chunk: Buffer, at: number): Buffer {
  if (at < 0 || at >= chunk.length) return chunk;
  const changed = Buffer.from(chunk);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}

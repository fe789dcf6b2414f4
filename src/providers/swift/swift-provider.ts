import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { abortable } from "../abortable.ts";
import { checkKey, checkPrefix } from "../key.ts";
import { markerName } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Ownership, Provider, StoredObject } from "../provider.ts";
import { whileOurs } from "../while-ours.ts";
import { leftovers } from "./leftovers.ts";
import { ObjectStream } from "./object-stream.ts";
import { Pieces } from "./pieces.ts";
import type { Place } from "./place.ts";
import { Turns } from "./turns.ts";
import { Upload } from "./upload.ts";

export interface SwiftProviderOptions {
  readonly place: Place;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  readonly capabilities: Capabilities;
  readonly segmentSize: number;
  readonly longestPauseMs: number;
  /** Ends what is kept open. */
  readonly close: () => void;
}

/** Objects in a container of Swift. That one is missing is only said after a look at the marker. */
export class SwiftProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly #options: SwiftProviderOptions;
  readonly #place: Place;
  readonly #turns = new Turns();

  constructor(options: SwiftProviderOptions) {
    this.capabilities = options.capabilities;
    this.#options = options;
    this.#place = options.place;
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    this.#check(key);
    const { signal, segmentSize, longestPauseMs } = this.#options;
    const { container, names } = this.#place;
    const checked = whileOurs(body, async () => this.#checkMarker());
    const pieces = new Pieces(abortable(checked, signal));
    try {
      const options = { container, names, turns: this.#turns, segmentSize, longestPauseMs };
      await new Upload(options, key).run(pieces);
    } finally {
      await pieces.end();
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const name = this.#check(key);
    if (range?.length === 0) return await this.#getNothing(key, range.offset);
    const what = `"${key}" could not be read from ${this.#place.title}`;
    const response = await this.#request(name, what, range);
    try {
      await this.#refuseAbsent(response, key);
      const { offset, length } = checkRange(response, key, range);
      const { etag } = response.headers;
      const resume = async (got: number): Promise<IncomingMessage> => {
        const rest = { offset: offset + got, length: length - got };
        const again = await this.#request(name, what, rest, etag);
        await this.#refuseAbsent(again, key);
        checkRange(again, key, rest);
        return again;
      };
      return new ObjectStream(response, { length, signal: this.#options.signal, what, resume });
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const name = this.#check(key);
    const what = `"${key}" could not be looked at in ${this.#place.title}`;
    const { client } = this.#place.container;
    const { status, headers } = await client.ask({ method: "HEAD", name, what, accepts: [404] });
    if (status !== 404) return { key, size: Number(headers["content-length"]) };
    await this.#checkMarker();
    return undefined;
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    await this.#checkMarker();
    const { container, names } = this.#place;
    for await (const { name, size } of container.list(names.of(prefix))) {
      const key = names.keyOf(name);
      if (key !== undefined) yield { key, size };
    }
  }

  async delete(key: string): Promise<void> {
    const name = this.#check(key);
    const { container, names } = this.#place;
    await this.#turns.take(key, async () => {
      await this.#checkMarker();
      const segments = await container.segmentsOf(name);
      if (segments === undefined) return;
      await container.remove(name);
      await container.removeAll(segments.filter((each) => names.partOf(each)?.key === key));
    });
  }

  async removePartial(prefix: string): Promise<number> {
    checkPrefix(prefix);
    await this.#checkMarker();
    const { container, names } = this.#place;
    let count = 0;
    for await (const segments of leftovers(container, names, prefix)) {
      await container.removeAll(segments);
      count += 1;
    }
    return count;
  }

  close(): Promise<void> {
    this.#options.close();
    return Promise.resolve();
  }

  /** The name of an object. */
  #check(key: string): string {
    this.#options.signal.throwIfAborted();
    checkKey(key);
    if (key === markerName) throw new PlaceError("failed", `${markerName} is no object`);
    return this.#place.names.of(key);
  }

  async #checkMarker(): Promise<void> {
    await this.#place.check(this.#options.ownership);
  }

  async #request(
    name: string,
    what: string,
    range: ByteRange | undefined,
    etag?: string,
  ): Promise<IncomingMessage> {
    const headers: Record<string, string> = {};
    if (range !== undefined) {
      headers["Range"] = `bytes=${range.offset}-${range.offset + range.length - 1}`;
    }
    if (etag !== undefined) headers["If-Match"] = etag;
    const { client } = this.#place.container;
    return await client.open({ method: "GET", name, headers, what, accepts: [404, 412, 416] });
  }

  async #refuseAbsent(response: IncomingMessage, key: string): Promise<void> {
    if (response.statusCode === 404) {
      await this.#checkMarker();
      throw missing(`there is no "${key}" in ${this.#place.title}`);
    }
    if (response.statusCode === 416) throw missing(`"${key}" is shorter than what is read of it`);
    if (response.statusCode === 412) {
      throw new PlaceError("failed", `"${key}" was replaced while it was being read`);
    }
  }

  async #getNothing(key: string, offset: number): Promise<Readable> {
    const found = await this.stat(key);
    if (found === undefined) throw missing(`there is no "${key}" in ${this.#place.title}`);
    if (offset > found.size) throw missing(`"${key}" has only ${found.size} bytes`);
    return Readable.from([], { objectMode: false });
  }
}

/** Which bytes the answer has. @throws PlaceError where they are not those that were asked for */
function checkRange(
  response: IncomingMessage,
  key: string,
  range: ByteRange | undefined,
): ByteRange {
  const { offset, length, size } = extentOf(response);
  const wanted = range ?? { offset: 0, length };
  if (size < wanted.offset + wanted.length) throw missing(`"${key}" has only ${size} bytes`);
  if (offset === wanted.offset && length === wanted.length) return wanted;
  throw new PlaceError("failed", `of "${key}" came other bytes than were asked for`, {
    hint: "What lies between here and Swift has to pass ranges on.",
  });
}

function extentOf({ statusCode, headers }: IncomingMessage): ByteRange & { size: number } {
  const length = Number(headers["content-length"] ?? Number.NaN);
  if (statusCode !== 206) return { offset: 0, length, size: length };
  const range = /^bytes (?<first>\d+)-\d+\/(?<size>\d+)$/.exec(headers["content-range"] ?? "");
  const { first, size } = range?.groups ?? {};
  return { offset: Number(first), length, size: Number(size) };
}

function missing(message: string): PlaceError {
  return new PlaceError("missing", message);
}

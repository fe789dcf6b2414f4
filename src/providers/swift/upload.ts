import { createHash, hash, randomBytes } from "node:crypto";
import { PlaceError } from "../provider.ts";
import type { SwiftClient } from "./client.ts";
import type { Container } from "./container.ts";
import type { Names } from "./names.ts";
import { pause, type Pieces } from "./pieces.ts";
import type { Turns } from "./turns.ts";

/** What is no larger goes in one request, which can be tried again. */
const mostInMemory = 8 * 1024 * 1024;
/** Segments that one manifest may name, as Swift comes. */
const mostSegments = 1000;
const tidyingMs = 30_000;

interface Segment {
  readonly name: string;
  readonly etag: string;
  readonly size: number;
}

export interface UploadOptions {
  readonly container: Container;
  readonly names: Names;
  readonly turns: Turns;
  readonly segmentSize: number;
  /** Swift hangs up on who sends nothing for long: a segment ends where its body pauses. */
  readonly longestPauseMs: number;
}

/** Writes one object: small ones as they are, larger ones as segments and a manifest that names them. */
export class Upload {
  readonly #options: UploadOptions;
  readonly #client: SwiftClient;
  readonly #key: string;
  readonly #what: string;
  readonly #id = randomBytes(8).toString("hex");
  readonly #segments: Segment[] = [];
  #begun = 0;
  #isSpoilt = false;

  constructor(options: UploadOptions, key: string) {
    this.#options = options;
    this.#client = options.container.client;
    this.#key = key;
    this.#what = `"${key}" could not be written to the container "${options.container.name}"`;
  }

  async run(pieces: Pieces): Promise<void> {
    const head = await pieces.gather(Math.min(mostInMemory, this.#options.segmentSize));
    if (!(await pieces.hasMore())) {
      await this.#replace((headers) => this.#putWhole(head, headers));
      return;
    }
    try {
      await this.#putSegment(head, pieces);
      while (await pieces.hasMore()) await this.#putSegment(undefined, pieces);
      await this.#replace((headers) => this.#putManifest(headers));
    } catch (error) {
      const isThere = await this.#tidy().catch(() => false);
      if (!isThere || this.#client.signal.aborted) throw error;
    }
  }

  async #putWhole(body: Buffer, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const etag = hash("md5", body, "hex");
    const name = this.#options.names.of(this.#key);
    const answer = await this.#client.ask({
      method: "PUT",
      name,
      headers: { ...headers, ETag: etag, "Content-Type": "application/octet-stream" },
      body,
      accepts: [412],
      what: this.#what,
    });
    if (answer.status === 412) return false;
    if (etagOf(answer.headers.etag) === etag) return true;
    // What is there is not what was sent: nothing is better.
    await this.#options.container.by(this.#client.forTidying(tidyingMs)).remove(name);
    throw this.#changed();
  }

  async #putSegment(head: Buffer | undefined, pieces: Pieces): Promise<void> {
    if (this.#begun === mostSegments) {
      throw new PlaceError("failed", `${this.#what}: it has more than ${mostSegments} segments`, {
        hint: "Make them larger: the setting segment_size goes up to 5368709120.",
      });
    }
    this.#begun += 1;
    const name = this.#nameOf(this.#begun);
    const md5 = createHash("md5");
    let size = 0;
    const answer = await this.#client.ask({
      method: "PUT",
      name,
      headers: { "Content-Type": "application/octet-stream" },
      what: this.#what,
      feed: async (write) => {
        for await (const piece of this.#piecesOfSegment(head, pieces)) {
          const writing = write(piece);
          md5.update(piece);
          size += piece.length;
          if (!(await writing)) return;
        }
      },
    });
    const etag = md5.digest("hex");
    if (etagOf(answer.headers.etag) !== etag) throw this.#changed();
    this.#segments.push({ name, etag, size });
  }

  async *#piecesOfSegment(head: Buffer | undefined, pieces: Pieces): AsyncGenerator<Uint8Array> {
    let left = this.#options.segmentSize;
    if (head !== undefined) {
      left -= head.length;
      yield head;
    }
    while (left > 0) {
      const piece = await pieces.take(left, this.#options.longestPauseMs);
      if (piece === undefined || piece === pause) return;
      left -= piece.length;
      yield piece;
    }
  }

  async #putManifest(headers: Readonly<Record<string, string>>): Promise<boolean> {
    const etag = hash("md5", this.#segments.map((segment) => segment.etag).join(""), "hex");
    const named = this.#segments.map(({ name, etag: each, size }) => ({
      path: `/${this.#options.container.name}/${name}`,
      etag: each,
      size_bytes: size,
    }));
    const answer = await this.#client.ask({
      method: "PUT",
      name: this.#options.names.of(this.#key),
      query: { "multipart-manifest": "put" },
      headers: { ...headers, ETag: etag, "Content-Type": "application/octet-stream" },
      body: Buffer.from(JSON.stringify(named)),
      accepts: [412],
      what: this.#what,
    });
    if (answer.status === 412) return false;
    if (etagOf(answer.headers.etag) !== etag) throw this.#changed();
    return true;
  }

  /**
   * Puts the object, first as one that is new: where it is, nothing has to be looked up. The segments
   * of the one that was there go once the new one is. `put` returns false where there was one.
   */
  async #replace(
    put: (headers: Readonly<Record<string, string>>) => Promise<boolean>,
  ): Promise<void> {
    const { container, names, turns } = this.#options;
    await turns.take(this.#key, async () => {
      if (await put({ "If-None-Match": "*" })) return;
      const before = (await container.segmentsOf(names.of(this.#key))) ?? [];
      await put({});
      // An answer that was lost may have been about this very object, put before.
      const old = before.filter((name) => names.partOf(name)?.id !== this.#id);
      await container
        .by(this.#client.forTidying(tidyingMs))
        .removeAll(old.filter((name) => names.partOf(name)?.key === this.#key))
        .catch(() => undefined);
    });
  }

  /**
   * Removes what was written; but where only the last answer was lost, the object is there, checked by
   * the server and whole, and stays. Whether it is.
   */
  async #tidy(): Promise<boolean> {
    const { names } = this.#options;
    const container = this.#options.container.by(this.#client.forTidying(tidyingMs));
    const name = names.of(this.#key);
    const found = (await container.segmentsOf(name)) ?? [];
    const isOurs = found.some((each) => names.partOf(each)?.id === this.#id);
    if (isOurs && !this.#isSpoilt) return true;
    if (isOurs) await container.remove(name);
    const all = Array.from({ length: this.#begun }, (_, index) => this.#nameOf(index + 1));
    await container.removeAll(all);
    return false;
  }

  #nameOf(number: number): string {
    return this.#options.names.segment(this.#key, this.#id, number);
  }

  #changed(): PlaceError {
    this.#isSpoilt = true;
    return new PlaceError("failed", `${this.#what}: what arrived is not what was sent`, {
      hint: "Bytes change on their way there, or Swift does not keep what it is given.",
    });
  }
}

function etagOf(header: string | undefined): string | undefined {
  return header?.replaceAll('"', "").toLowerCase();
}

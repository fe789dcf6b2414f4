import { createHash, hash } from "node:crypto";
import { createFrameDecoder, type DecodeFrame } from "../../encryption/frame.ts";
import type { Content, Segment } from "../../manifest/entry.ts";
import type { Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import type { Identities } from "../layout.ts";
import { readRange } from "../read-object.ts";
import { ahead } from "./ahead.ts";
import { packKey } from "./pack-upload.ts";

/** Frames that one request asks for, where they follow each other: 8 MiB once they are decoded. */
const framesPerRun = 2;
/** Runs of one content that are read before they are asked for, and frames that are decoded. */
const runsAhead = 1;
const framesAhead = 1;

/** Frames that follow each other in a pack. */
export interface Run {
  readonly pack: string;
  readonly offset: number;
  readonly frames: readonly number[];
}

/** Reads frames of packs, and content out of them. */
export class FrameReader {
  readonly #provider: Provider;
  readonly #decode: DecodeFrame;

  constructor(provider: Provider, recipients: readonly string[], identities: Identities) {
    this.#provider = provider;
    this.#decode = createFrameDecoder(recipients, identities);
  }

  /** The decoded frames of a run: one ranged read. @throws CorruptError, KeyMissingError, PlaceError */
  async read(run: Run): Promise<Buffer[]> {
    return await Promise.all((await this.#fetch(run)).map((frame) => this.#decode(frame)));
  }

  /** As they are stored. */
  async #fetch({ pack, offset, frames }: Run): Promise<Buffer[]> {
    const length = frames.reduce((sum, each) => sum + each, 0);
    const bytes = await readRange(this.#provider, packKey(pack), { offset, length });
    let end = 0;
    return frames.map((each) => bytes.subarray(end, (end += each)));
  }

  /** The bytes of content; the last of them come when all were compared with its sha256. */
  async *open(content: Content): AsyncGenerator<Uint8Array> {
    const whole = new ContentHash(content);
    let held: Buffer | undefined;
    for await (const piece of this.#pieces(content)) {
      if (held !== undefined) yield held;
      whole.update(piece);
      held = piece;
    }
    whole.check();
    if (held !== undefined) yield held;
  }

  async *#pieces(content: Content): AsyncGenerator<Buffer> {
    let left = content.size;
    for (const segment of content.segments) {
      let { skip } = segment;
      const fetches = runsOf(segment).map((run) => () => this.#fetch(run));
      for await (const stored of ahead(fetches, runsAhead)) {
        const decodings = stored.map((frame) => () => this.#decode(frame));
        for await (const frame of ahead(decodings, framesAhead)) {
          const piece = frame.subarray(skip, skip + left);
          skip = 0;
          left -= piece.length;
          if (piece.length > 0) yield piece;
        }
      }
    }
  }
}

/** Compares content that lies whole in memory. @throws CorruptError */
export function checkContent(content: Content, bytes: Uint8Array): void {
  if (bytes.length !== content.size || hash("sha256", bytes, "hex") !== content.sha256) {
    throw differs(content);
  }
}

class ContentHash {
  readonly #content: Content;
  readonly #hash = createHash("sha256");
  #size = 0;

  constructor(content: Content) {
    this.#content = content;
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  check(): void {
    const { size, sha256 } = this.#content;
    if (this.#size !== size || this.#hash.digest("hex") !== sha256) throw differs(this.#content);
  }
}

function differs(content: Content): CorruptError {
  return new CorruptError(`what is stored as content ${content.sha256} are other bytes`);
}

function runsOf({ pack, offset, frames }: Segment): Run[] {
  const runs: Run[] = [];
  let at = offset;
  for (let index = 0; index < frames.length; index += framesPerRun) {
    const some = frames.slice(index, index + framesPerRun);
    runs.push({ pack, offset: at, frames: some });
    at += some.reduce((sum, each) => sum + each, 0);
  }
  return runs;
}

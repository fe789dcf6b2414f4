import { createHash, randomBytes } from "node:crypto";
import type { Content } from "../../manifest/entry.ts";
import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { Channel } from "./channel.ts";
import { encodePackIndex, type SmallContent } from "./pack-index.ts";

/** A pack is about this large as it is stored. */
const fullSize = 64 * 1024 * 1024;
/** Bounds of its index, for content that compresses to nearly nothing. */
const mostContents = 131_072;
const mostFrames = 16_384;

/** A pack that was read back and is as it was written. */
export interface StoredPack {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** For the catalogue. */
  readonly contents: Buffer;
}

export function packKey(name: string): string {
  return `packs/${name.slice(0, 2)}/${name}.pack`;
}

/** The name of the pack that is kept under a key; undefined for other keys. */
export function packNameOf(key: string): string | undefined {
  return /^packs\/..\/(?<name>[a-z0-9]+)\.pack$/.exec(key)?.groups?.["name"];
}

export function randomPackName(): string {
  return randomBytes(10).toString("hex");
}

/** One pack while it is being written: frames go to the provider as they come. */
export class PackUpload {
  readonly name: string;
  readonly #provider: Provider;
  readonly #channel = new Channel();
  readonly #hash = createHash("sha256");
  readonly #put: Promise<void>;
  readonly #frames: number[] = [];
  readonly #small: SmallContent[] = [];
  readonly #large: Content[] = [];
  #size = 0;

  /** Starts the upload: the catalogue has to know the name before. */
  constructor(provider: Provider, name: string) {
    this.name = name;
    this.#provider = provider;
    this.#put = provider.put(packKey(name), this.#channel);
    this.#put.then(
      // After the end nobody asks any more; before it, whoever writes would wait for ever.
      () => this.#channel.fail(new PlaceError("failed", "the provider stopped reading too early")),
      (error: unknown) => this.#channel.fail(error),
    );
  }

  get isFull(): boolean {
    return (
      this.#size >= fullSize ||
      this.#small.length >= mostContents ||
      this.#frames.length >= mostFrames
    );
  }

  /** Writes the next frame and returns where it begins. One call at a time. */
  async append(frame: Uint8Array): Promise<number> {
    const offset = this.#size;
    this.#size += frame.length;
    this.#frames.push(frame.length);
    this.#hash.update(frame);
    await this.#channel.push(frame);
    return offset;
  }

  /** Notes content that lies whole in the last frame. */
  indexSmall(content: Content, skip: number): void {
    this.#small.push({ content, frame: this.#frames.length - 1, skip });
  }

  /** Notes content of several frames, of which the last one was just written. */
  indexLarge(content: Content): void {
    this.#large.push(content);
  }

  /** Ends the pack and reads it back. @throws CorruptError where it is not what was written */
  async close(): Promise<StoredPack> {
    this.#channel.end();
    await this.#put;
    const sha256 = this.#hash.digest("hex");
    const read = createHash("sha256");
    for await (const chunk of await this.#provider.get(packKey(this.name))) {
      read.update(chunk as Uint8Array);
    }
    if (read.digest("hex") !== sha256) {
      throw new CorruptError(`${packKey(this.name)} is not what was written there`, {
        hint: "The provider does not keep what it is given; nothing there can be relied on.",
      });
    }
    const head = { size: this.#size, sha256, frames: this.#frames, large: this.#large };
    const contents = encodePackIndex(head, this.#small);
    return { name: this.name, size: this.#size, sha256, contents };
  }

  /** Gives up; resolves when the provider has ended the write. */
  async abort(reason: unknown): Promise<void> {
    this.#channel.fail(reason);
    await Promise.allSettled([this.#put]);
  }
}

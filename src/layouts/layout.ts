import type { Content, Entry, ManifestBody, ManifestHead } from "../manifest/entry.ts";
import type { Provider } from "../providers/provider.ts";

/** Takes what a source reads and keeps it as one copy. */
export interface Sink {
  /**
   * Keeps content, in any order and several at once; resolves when all its bytes are taken. The same
   * bytes are stored once per provider. A buffer may be used again by the caller afterwards, and a
   * chunk once the next one is asked for.
   */
  store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content>;
  /**
   * Whether content of the parent is still kept here, in a place that this backup holds on to; then an
   * entry may carry it as it stands in the parent's manifest.
   */
  keeps(content: Content): boolean;
  /** Adds the next entry. @throws RangeError out of the order of `comparePaths` */
  add(entry: Entry): Promise<void>;
  /** Writes what is left, the manifest too, and reads all of it back. Nothing counts before. */
  finish(body: ManifestBody): Promise<SealedCopy>;
  /** Gives up: ends writes that run. What was stored is removed by the sweep. */
  abort(): Promise<void>;
}

/** What sealing a copy writes into the catalogue. */
export interface SealedCopy {
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly manifestSize: number;
  /** Of everything this backup added to the provider. */
  readonly storedBytes: number;
  readonly totals: ManifestHead["totals"];
  readonly packs: ManifestHead["packs"];
}

/** The catalogue, as far as a layout needs it; every call is one SQL function. */
export interface PackCatalogue {
  /** Packs of this provider that can be relied on, with the index of their contents. */
  getPacks(recipients: readonly string[]): AsyncIterable<{ name: string; contents: Buffer }>;
  /** Names packs as used by this copy, under the provider's lock; returns those that are still there. */
  usePacks(names: readonly string[]): Promise<readonly string[]>;
  /** Says that a pack is about to be written, before its first byte. */
  beginPack(name: string): Promise<void>;
  /** What has to go for this copy where the provider keeps few backups. Changes nothing. */
  findRoom(): Promise<Room>;
  /**
   * As {@link findRoom}, and what has to go is gone; to be called at the last moment. Safe to repeat: it
   * also tells whether the copy is still ours.
   */
  makeRoom(): Promise<Room>;
  /** Holds on to the run, right before its last step. @throws LeaseLostError where it is ours no more */
  confirm(): Promise<void>;
  completePack(pack: {
    name: string;
    size: number;
    sha256: string;
    /** The index of its contents; opaque to SQL. */
    contents: Buffer;
  }): Promise<void>;
}

/** Manifests where a provider keeps few backups of a source. */
export interface Room {
  readonly stay: readonly string[];
  readonly outgoing?: string;
}

export interface SinkOptions {
  readonly provider: Provider;
  readonly head: Omit<ManifestHead, "packs" | "totals" | "layout">;
  readonly catalogue: PackCatalogue;
  /** The parent's copy at the same provider, where there is one. */
  readonly parent?: CopyReader;
  readonly signal: AbortSignal;
  /** Of zstd; 3 where it is not given. */
  readonly compressionLevel?: number;
  /** Called with the number of source bytes taken, as they come. */
  readonly onProgress?: (bytes: number) => void;
}

/** Age identities at hand: the text of identity files. Empty where there are none. */
export type Identities = readonly string[];

/** Reads one copy. Every byte that it gives was compared with the manifest. */
export interface CopyReader {
  readonly head: ManifestHead;
  /** @throws KeyMissingError where the list is encrypted and no identity opens it */
  readBody(): Promise<ManifestBody>;
  /** Entries in order; with a prefix only that path and what lies below, reading few blocks. */
  entries(prefix?: string): AsyncIterable<Entry>;
  /** One entry by its path: reads one block. */
  find(path: string): Promise<Entry | undefined>;
  /** The bytes of an entry. @throws CorruptError at the end at the latest, where they are not those */
  open(content: Content): AsyncIterable<Uint8Array>;
  /**
   * The bytes of many: in the order that reads each frame once, which need not be theirs. The next
   * one comes when `visit` has resolved.
   */
  readMany(
    entries: AsyncIterable<Entry> | Iterable<Entry>,
    visit: (entry: Entry, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void>;
  /** Compares what is stored, up to this level; `sample` is a part from 0 to 1. */
  verify(options: VerifyOptions): AsyncIterable<Finding>;
}

export interface VerifyOptions {
  readonly level: "stored" | "checksum" | "decode";
  readonly sample: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

/** Something that is not as the manifest says; a copy without findings is `ok`. */
export interface Finding {
  readonly result: "corrupt" | "missing" | "unverifiable" | "could_not_check";
  /** The object or the entry. */
  readonly what: string;
  readonly reason: string;
}

export interface OpenCopyOptions {
  readonly provider: Provider;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly manifestSize: number;
  readonly identities: Identities;
}

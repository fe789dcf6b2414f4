import type { ManifestHead } from "../manifest/entry.ts";
import type { Provider, StoredObject } from "../providers/provider.ts";

/** A copy of a backup as it was found at a place, before anything of it was read but its head. */
export interface FoundCopy {
  /** What it says of itself. */
  readonly head: ManifestHead;
  /** With which `openCopy` reads it. */
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly manifestSize: number;
  /** What of it is not there, or not as large as the head says; undefined where all is. */
  readonly damage?: { readonly state: "CORRUPT" | "MISSING"; readonly reason: string };
}

/** Something that lies where copies lie, and of which nothing can be known. */
export interface Unreadable {
  readonly key: string;
  readonly reason: string;
}

/** All that was found at a place, one copy a backup. */
export interface PlaceScan {
  readonly copies: readonly FoundCopy[];
  readonly unreadable: readonly Unreadable[];
  /** All manifests, with their sizes: whether the place is still what was read. */
  readonly manifests: ReadonlyMap<string, number>;
}

export interface ScanOptions {
  readonly provider: Provider;
  readonly signal: AbortSignal;
}

/**
 * Finds the copies of one layout, or of two that share their manifests: one file a layout, named in
 * scan.ts. What cannot be read is told; a place that does not answer is thrown.
 */
export interface Scan {
  manifests(provider: Provider): AsyncIterable<StoredObject>;
  read(options: ScanOptions, manifests: readonly StoredObject[]): Promise<ReadCopies>;
}

export type ReadCopies = Omit<PlaceScan, "manifests">;

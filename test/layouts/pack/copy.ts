import type {
  OpenCopyOptions,
  SealedCopy,
  Sink,
  SinkOptions,
} from "../../../src/layouts/layout.ts";
import type { Content, Entry } from "../../../src/manifest/entry.ts";
import { createSink } from "../../../src/layouts/registry.ts";
import { emptyBody, entryOf, headOf, MemoryCatalogue, MemoryProvider } from "../support.ts";

/** A provider in memory, with the catalogue of its packs. */
export interface Place {
  readonly provider: MemoryProvider;
  readonly catalogue: MemoryCatalogue;
}

export function newPlace(): Place {
  return { provider: new MemoryProvider(), catalogue: new MemoryCatalogue() };
}

export interface SinkChoice extends Partial<Omit<SinkOptions, "head">> {
  readonly name?: string;
  readonly recipients?: readonly string[];
}

export async function openSink(place: Place, choice: SinkChoice = {}): Promise<Sink> {
  const { name = "first", recipients = [], ...options } = choice;
  return await createSink("pack", {
    ...place,
    head: headOf(name, recipients),
    signal: new AbortController().signal,
    ...options,
  });
}

/** Stores files and seals the copy. */
export async function backUp(
  place: Place,
  files: Readonly<Record<string, Uint8Array | AsyncIterable<Uint8Array>>>,
  choice: SinkChoice = {},
): Promise<SealedCopy> {
  const sink = await openSink(place, choice);
  for (const path of Object.keys(files).toSorted()) {
    await sink.add(entryOf(path, { content: await sink.store(files[path] ?? Buffer.alloc(0)) }));
  }
  return await sink.finish(emptyBody);
}

export function copyOf(
  place: Place,
  sealed: SealedCopy,
  identities: readonly string[] = [],
): OpenCopyOptions {
  const { manifestKey, manifestSha256, manifestSize } = sealed;
  return { provider: place.provider, manifestKey, manifestSha256, manifestSize, identities };
}

/** In pieces of odd lengths; the buffer of a piece is used again for the next one. */
export async function* streamOf(bytes: Uint8Array, piece = 100_003): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(piece);
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
  }
}

export function contentOf(entry: Entry | undefined): Content {
  if (entry?.content === undefined) throw new Error("the entry has no content");
  return entry.content;
}

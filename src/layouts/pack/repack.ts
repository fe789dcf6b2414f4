import { randomBytes } from "node:crypto";
import type { Content, Entry } from "../../manifest/entry.ts";
import { repackedManifests } from "../../manifest/form.ts";
import { ManifestReader } from "../../manifest/reader.ts";
import { ManifestWriter, storeManifest, type WrittenManifest } from "../../manifest/writer.ts";
import type { Identities } from "../layout.ts";
import type { PackHead } from "../../manifest/entry.ts";
import type { Provider } from "../../providers/provider.ts";
import { KeptPacks } from "./kept-packs.ts";
import { FrameMover } from "./frame-mover.ts";
import type { StoredPack } from "./pack-upload.ts";

/** What a repack changes in the catalogue; every call is one SQL function. */
export interface RepackCatalogue {
  /** Names a pack as of these copies, before its first byte. */
  adoptPack(copyIds: readonly number[], name: string): Promise<void>;
  completeAdoptedPack(pack: StoredPack): Promise<void>;
  /** Swaps manifest and packs of a copy at once; refuses where it has changed meanwhile. */
  replaceManifest(
    copyId: number,
    oldSha256: string,
    manifest: { readonly key: string; readonly sha256: string; readonly size: number },
    packs: readonly PackHead[],
  ): Promise<void>;
}

/** A copy that names at least one of the packs to be rewritten. */
export interface RepackedCopy {
  readonly id: number;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly manifestSize: number;
}

export interface RepackOptions {
  readonly provider: Provider;
  readonly catalogue: RepackCatalogue;
  readonly identities: Identities;
  /** Names of packs that are mostly dead. */
  readonly candidates: readonly string[];
  /** All copies that name them, with the same recipients. */
  readonly copies: readonly RepackedCopy[];
  readonly signal: AbortSignal;
}

export interface RepackReport {
  /** New packs, and bytes in them. */
  readonly packs: number;
  readonly bytes: number;
  /** Keys of manifests that no copy names any more; restores that run may still read them. */
  readonly superseded: readonly string[];
}

/**
 * Moves what is still used of some packs into new ones, and gives their copies manifests that say so.
 *
 * Frames are moved as they are stored, so nothing is encrypted anew; the lists in manifests have to be
 * read, and need a key where they are encrypted. Safe to be killed anywhere and to repeat: new packs
 * belong to the copies before their first byte, a copy changes over in one step, and the old packs are
 * left to the sweep.
 *
 * @throws CorruptError where a pack is not as its manifests say: then nothing has changed
 * @throws KeyMissingError
 */
export async function repack(options: RepackOptions): Promise<RepackReport> {
  const { provider, catalogue, identities, copies, signal } = options;
  const manifests = await Promise.all(
    copies.map((copy) => ManifestReader.open({ provider, identities, ...copy })),
  );
  const mover = new FrameMover(options);
  for (const manifest of manifests) {
    for await (const { content } of manifest.entries()) if (content) mover.note(content);
  }
  const packs = await mover.move(manifests.flatMap(({ head }) => head.packs));
  const superseded: string[] = [];
  for (const [index, copy] of copies.entries()) {
    signal.throwIfAborted();
    const manifest = manifests[index];
    if (manifest === undefined) continue;
    const written = await rewrite(manifest, mover, packs);
    const key = `${repackedManifests(manifest.head.backup.name)}${randomBytes(8).toString("hex")}.manifest`;
    await storeManifest(provider, key, written);
    await catalogue.replaceManifest(
      copy.id,
      copy.manifestSha256,
      { key, sha256: written.sha256, size: written.size },
      written.head.packs,
    );
    superseded.push(copy.manifestKey);
  }
  return { packs: packs.length, bytes: packs.reduce((sum, { size }) => sum + size, 0), superseded };
}

async function rewrite(
  manifest: ManifestReader,
  mover: FrameMover,
  packs: readonly StoredPack[],
): Promise<WrittenManifest> {
  // Nobody is asked again: all packs are named by the copy already.
  const kept = new KeptPacks({ usePacks: async (names) => names });
  for (const pack of manifest.head.packs) if (!mover.empties(pack.name)) kept.complete(pack);
  for (const pack of packs) kept.complete(pack);
  const writer = new ManifestWriter({ recipients: manifest.head.recipients });
  for await (const entry of manifest.entries()) {
    const moved = relocate(entry, mover);
    if (moved.content !== undefined) kept.use(moved.content);
    await writer.add(moved);
  }
  const { totals: _counted, ...head } = manifest.head;
  return await writer.finish({ ...head, packs: kept.heads() }, await manifest.readBody());
}

function relocate(entry: Entry, mover: FrameMover): Entry {
  const content: Content | undefined = entry.content && mover.relocate(entry.content);
  return content === undefined ? entry : { ...entry, content };
}

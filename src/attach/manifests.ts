import { LastgoodError, messageOf } from "../errors.ts";
import { packNameOf } from "../layouts/pack/pack-upload.ts";
import { hasTree } from "../layouts/tree/folders.ts";
import type { ManifestHead, PackHead } from "../manifest/entry.ts";
import { backupOfManifest, manifestFolder, repackedFolder } from "../manifest/form.ts";
import { loadManifest } from "../manifest/load.ts";
import { PlaceError, type Provider, type StoredObject } from "../providers/provider.ts";
import type { FoundCopy, ReadCopies, Scan, ScanOptions, Unreadable } from "./found-copy.ts";
import { checkHead } from "./head.ts";

/** Manifests that are being read at once. */
const readAtOnce = 16;

/**
 * Finds the copies in layouts `pack` and `tree`: of each manifest head, directory and trailer are read,
 * of packs the names and sizes alone.
 */
export const manifestScan: Scan = {
  manifests: (provider) => provider.list(manifestFolder),
  read: readManifests,
};

async function readManifests(
  { provider, signal }: ScanOptions,
  manifests: readonly StoredObject[],
): Promise<ReadCopies> {
  const copies: FoundCopy[] = [];
  const unreadable: Unreadable[] = [];
  const waiting: [string, StoredObject[]][] = [];
  const candidates = new Map<string, StoredObject[]>();
  for (const object of manifests) {
    const name = backupOfManifest(object.key);
    if (name === undefined) {
      unreadable.push({ key: object.key, reason: "it is not named as a manifest is" });
    } else if (candidates.has(name)) candidates.get(name)?.push(object);
    else candidates.set(name, [object]);
  }
  const packs = await listPacks(provider);
  waiting.push(...candidates);
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      signal.throwIfAborted();
      const [name, objects] = next;
      const found: FoundCopy[] = [];
      for (const object of objects) {
        const read = await readOne(provider, object, name, packs);
        if ("reason" in read) unreadable.push(read);
        else found.push(read);
      }
      const best = found.toSorted(byWorth)[0];
      if (best !== undefined) copies.push(best);
    }
  };
  await Promise.all(Array.from({ length: readAtOnce }, work));
  return { copies, unreadable };
}

async function listPacks(provider: Provider): Promise<ReadonlyMap<string, number>> {
  const packs = new Map<string, number>();
  for await (const { key, size } of provider.list("packs/")) {
    const name = packNameOf(key);
    if (name !== undefined) packs.set(name, size);
  }
  return packs;
}

async function readOne(
  provider: Provider,
  { key, size }: StoredObject,
  name: string,
  packs: ReadonlyMap<string, number>,
): Promise<FoundCopy | Unreadable> {
  try {
    const { head, sha256 } = await loadManifest(provider, key, size);
    checkHead(head, name);
    const damage = damageOf(head, provider, packs);
    return {
      head,
      manifestKey: key,
      manifestSha256: sha256,
      manifestSize: size,
      ...(damage === undefined ? {} : { damage }),
    };
  } catch (error) {
    if (!isOfOne(error)) throw error;
    return { key, reason: messageOf(error) };
  }
}

/** Whether only this manifest has the trouble, and not the place. */
export function isOfOne(error: unknown): boolean {
  return error instanceof PlaceError
    ? !["unreachable", "foreign"].includes(error.trouble)
    : error instanceof LastgoodError;
}

function damageOf(
  head: ManifestHead,
  provider: Provider,
  packs: ReadonlyMap<string, number>,
): FoundCopy["damage"] {
  if (head.layout === "tree" && !hasTree(provider, head.backup.name)) {
    return { state: "MISSING", reason: `the folder trees/${head.backup.name} is not there` };
  }
  const gone = head.packs.find(({ name }) => !packs.has(name));
  if (gone !== undefined) return { state: "MISSING", reason: `pack ${gone.name} is not there` };
  const other = head.packs.find(({ name, size }) => packs.get(name) !== size);
  if (other === undefined) return undefined;
  const reason = `pack ${other.name} has ${packs.get(other.name)} bytes, not ${other.size}`;
  return { state: "CORRUPT", reason };
}

/**
 * Which of several manifests of a backup counts. A repack that was killed leaves the old one, a new
 * one, or both: what lacks nothing is right, and of two such the one whose packs hold less that is dead.
 */
function byWorth(a: FoundCopy, b: FoundCopy): number {
  return (
    Number(a.damage !== undefined) - Number(b.damage !== undefined) ||
    sizeOf(a.head.packs) - sizeOf(b.head.packs) ||
    Number(b.manifestKey.startsWith(repackedFolder)) -
      Number(a.manifestKey.startsWith(repackedFolder)) ||
    (a.manifestKey < b.manifestKey ? -1 : 1)
  );
}

function sizeOf(packs: readonly PackHead[]): number {
  return packs.reduce((sum, { size }) => sum + size, 0);
}

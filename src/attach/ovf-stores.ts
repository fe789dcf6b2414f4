import { messageOf } from "../errors.ts";
import { readSideFile } from "../layouts/ovf-store/side-file.ts";
import { isSideKey, tarOf } from "../layouts/ovf-store/slots.ts";
import type { Provider, StoredObject } from "../providers/provider.ts";
import type { FoundCopy, ReadCopies, Scan, ScanOptions, Unreadable } from "./found-copy.ts";
import { checkHead } from "./head.ts";
import { isOfOne } from "./manifests.ts";

/**
 * Finds the copies that are OVF stores: each side file is read, of its tar the size alone. One that
 * announces a store, and no more, was left by a backup that never ended, and is no copy.
 */
export const ovfStoreScan: Scan = { manifests: sideFiles, read: readSideFiles };

async function* sideFiles(provider: Provider): AsyncGenerator<StoredObject> {
  for await (const object of provider.list("")) if (isSideKey(object.key)) yield object;
}

async function readSideFiles(
  { provider, signal }: ScanOptions,
  manifests: readonly StoredObject[],
): Promise<ReadCopies> {
  const copies: FoundCopy[] = [];
  const unreadable: Unreadable[] = [];
  for (const object of manifests) {
    signal.throwIfAborted();
    try {
      const copy = await readOne(provider, object);
      if (copy !== undefined) copies.push(copy);
    } catch (error) {
      if (!isOfOne(error)) throw error;
      unreadable.push({ key: object.key, reason: messageOf(error) });
    }
  }
  return { copies, unreadable };
}

async function readOne(provider: Provider, object: StoredObject): Promise<FoundCopy | undefined> {
  const { side, sha256, size } = await readSideFile(provider, object);
  if (side.store === undefined) return undefined;
  checkHead(side.head, side.head.backup.name);
  const damage = await damageOf(provider, tarOf(object.key), side.store.Size);
  return {
    head: side.head,
    manifestKey: object.key,
    manifestSha256: sha256,
    manifestSize: size,
    ...(damage === undefined ? {} : { damage }),
  };
}

async function damageOf(
  provider: Provider,
  key: string,
  size: number,
): Promise<FoundCopy["damage"]> {
  const tar = await provider.stat(key);
  if (tar === undefined) return { state: "MISSING", reason: `${key} is not there` };
  if (tar.size === size) return undefined;
  return { state: "CORRUPT", reason: `${key} has ${tar.size} bytes, not ${size}` };
}

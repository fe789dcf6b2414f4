import type { ManifestHead } from "../../manifest/entry.ts";
import type { StoreInfo } from "../../ovf-store/write.ts";
import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { announce, readSideFile, type SideFile } from "./side-file.ts";
import { isSideKey, spoolKey, tarOf } from "./slots.ts";

/**
 * Removes the OVF store of a backup, also one that was not written to its end: the slot whose side file
 * names it. A slot that has become another backup's is left alone. Safe to repeat, and to be killed
 * anywhere: a side file says that its tar is no store any more before that goes, and goes last.
 */
export async function removeStore(provider: Provider, backupName: string): Promise<void> {
  const spool = spoolKey(backupName);
  await provider.delete(spool);
  await provider.removePartial(spool);
  for await (const object of provider.list("")) {
    if (!isSideKey(object.key)) continue;
    const side = await readSide(provider, object.key);
    if (side?.head.backup.name !== backupName) continue;
    if (side.store !== undefined) {
      await provider.put(object.key, withdrawal(provider, object.key, side.head, side.store));
    }
    await provider.delete(tarOf(object.key));
    await provider.delete(object.key);
  }
}

/** The side files that name a backup. */
export async function storesOf(provider: Provider, backupName: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of provider.list("")) {
    if (!isSideKey(key)) continue;
    if ((await readSide(provider, key))?.head.backup.name === backupName) keys.push(key);
  }
  return keys;
}

/** Undefined for what is not there, or what nobody can read: the next backup that wants the slot takes it. */
async function readSide(provider: Provider, key: string): Promise<SideFile | undefined> {
  const object = await provider.stat(key);
  try {
    return object && (await readSideFile(provider, object)).side;
  } catch (error) {
    const isGone = error instanceof PlaceError && error.trouble === "missing";
    if (isGone || error instanceof CorruptError) return undefined;
    throw error;
  }
}

/** Looks again at the last moment: a backup may have taken the slot since. */
async function* withdrawal(
  provider: Provider,
  key: string,
  head: ManifestHead,
  { "Last Updated": updated, "Storage Domains": domains }: StoreInfo,
): AsyncGenerator<Uint8Array> {
  const info = { "Last Updated": updated, "Storage Domains": domains };
  yield Buffer.from(announce(head, key, info));
  if ((await readSide(provider, key))?.head.backup.name === head.backup.name) return;
  throw new PlaceError("failed", `${key} has become another backup's meanwhile`);
}

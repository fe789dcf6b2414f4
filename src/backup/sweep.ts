import type { Backups } from "../admin/backups.ts";
import type { Packs } from "../admin/packs.ts";
import { messageOf } from "../errors.ts";
import { removeCopy, storedBackups } from "../layouts/registry.ts";
import { packKey } from "../layouts/pack/pack-upload.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";

/** What changes the catalogue. */
export interface Catalogue {
  readonly backups: Backups;
  readonly packs: Packs;
}

/**
 * Removes what nothing needs at a provider: copies that failed or are being deleted, packs that no
 * backup names. SQL says which, under the provider's lock; safe to repeat, and to be killed anywhere.
 *
 * @throws PlaceError where something could not be removed; all else is gone by then
 */
export async function sweep(
  { backups, packs }: Catalogue,
  providerId: number,
  provider: Provider,
): Promise<void> {
  let leftovers = await packs.claimLeftovers(providerId);
  const gone = await findGone(provider, leftovers.unreadable);
  if (gone.length > 0) {
    await packs.forgetUnreadable(providerId, gone);
    leftovers = await packs.claimLeftovers(providerId);
  }
  let trouble: PlaceError | undefined;
  for (const copy of leftovers.copies) {
    try {
      await removeCopy(copy.layout, provider, copy.backup);
      await backups.finishCopyDelete(copy.backup_copy_id);
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error;
      trouble = error;
      await backups.finishCopyDelete(copy.backup_copy_id, messageOf(error));
    }
  }
  for (const name of leftovers.packs) {
    try {
      await provider.delete(packKey(name));
      await provider.removePartial(packKey(name));
      await packs.forget(providerId, name);
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error;
      trouble = error;
    }
  }
  if (leftovers.may_hold_strays) await removeStrays(packs, providerId, provider);
  if (trouble !== undefined) throw trouble;
}

/** Removes what a process wrote that was asleep for longer than its lease, and then died. */
async function removeStrays(packs: Packs, providerId: number, provider: Provider): Promise<void> {
  const names = new Set(await storedBackups(provider));
  for (const { backup, layout } of await packs.strayBackups(providerId, [...names])) {
    await removeCopy(layout, provider, backup);
  }
}

/** Those of these objects that are not there any more. */
export async function findGone(
  provider: Provider,
  keys: readonly string[],
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const key of keys) if ((await provider.stat(key)) === undefined) gone.push(key);
  return gone;
}

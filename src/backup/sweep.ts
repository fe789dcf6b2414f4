import type { Backups } from "../admin/backups.ts";
import type { Leftovers, Packs } from "../admin/packs.ts";
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
 * What could not be removed is tried again by workers.
 *
 * @throws PlaceError where something could not be removed; all else is gone by then
 */
export async function sweep(
  catalogue: Catalogue,
  providerId: number,
  provider: Provider,
): Promise<void> {
  const { packs } = catalogue;
  const trouble = await troubleOf(async () => {
    const leftovers = await claim(packs, providerId, provider);
    const left = await removeAll(catalogue, leftovers, providerId, provider);
    if (leftovers.may_hold_strays) await removeStrays(packs, providerId, provider);
    if (left !== undefined) throw left;
  });
  await packs.finishSweep(providerId, trouble?.message);
  if (trouble !== undefined) throw trouble;
}

/** What kept the place from doing it, if anything did. */
async function troubleOf(work: () => Promise<void>): Promise<PlaceError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    return error;
  }
}

async function claim(packs: Packs, providerId: number, provider: Provider): Promise<Leftovers> {
  const leftovers = await packs.claimLeftovers(providerId);
  const gone = await findGone(provider, leftovers.unreadable);
  if (gone.length === 0) return leftovers;
  await packs.forgetUnreadable(providerId, gone);
  return await packs.claimLeftovers(providerId);
}

/** Goes on after what cannot be removed; the last trouble. */
async function removeAll(
  { backups, packs }: Catalogue,
  leftovers: Leftovers,
  providerId: number,
  provider: Provider,
): Promise<PlaceError | undefined> {
  let trouble: PlaceError | undefined;
  for (const { backup_copy_id: id, layout, backup } of leftovers.copies) {
    const failure = await troubleOf(() => removeCopy(layout, provider, backup));
    await backups.finishCopyDelete(id, failure?.message);
    trouble = failure ?? trouble;
  }
  for (const name of leftovers.packs) {
    const failure = await troubleOf(async () => {
      await provider.delete(packKey(name));
      await provider.removePartial(packKey(name));
      await packs.forget(providerId, name);
    });
    trouble = failure ?? trouble;
  }
  return trouble;
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

import { Backups } from "../admin/backups.ts";
import { Packs } from "../admin/packs.ts";
import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { messageOf } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { RunEnvironment } from "./environment.ts";
import { openPlace, type Place } from "./place.ts";
import { type RepackPlace, repackProvider } from "./repack.ts";
import { sweep } from "./sweep.ts";

/** A copy that is being deleted, and where it lies. */
export interface DoomedCopy extends Place {
  readonly backup_copy_id: number;
  readonly provider_id: number;
  /** The id of the installation that the place belongs to. */
  readonly installation: string;
}

/**
 * Removes the bytes of copies that are being deleted, and all else that nothing needs at their places.
 * Those of a place that cannot be opened are DELETE_FAILED. Safe to repeat.
 *
 * @throws the last trouble; whatever could be removed is gone by then
 */
export async function removeCopies(
  db: Queryable,
  copies: readonly DoomedCopy[],
  environment: RunEnvironment,
): Promise<void> {
  const backups = new Backups(db);
  const packs = new Packs(db);
  let trouble: unknown;
  for (const [place, ...others] of byProvider(copies)) {
    let provider: Provider;
    try {
      provider = await openPlace(place, place.installation, environment);
    } catch (error) {
      trouble = error;
      for (const { backup_copy_id: id } of [place, ...others]) {
        await backups.finishCopyDelete(id, messageOf(error));
      }
      continue;
    }
    try {
      await sweep({ backups, packs }, place.provider_id, provider);
      await tidy(db, { id: place.provider_id, provider }, environment);
    } catch (error) {
      trouble = error;
    } finally {
      await provider.close();
    }
  }
  if (trouble !== undefined) throw trouble;
}

type SamePlace = [DoomedCopy, ...DoomedCopy[]];

function byProvider(copies: readonly DoomedCopy[]): Iterable<SamePlace> {
  const places = new Map<number, SamePlace>();
  for (const copy of copies) {
    const known = places.get(copy.provider_id);
    if (known === undefined) places.set(copy.provider_id, [copy]);
    else known.push(copy);
  }
  return places.values();
}

/** Packs that are mostly dead now are rewritten; where that fails, they only take more space. */
async function tidy(db: Queryable, place: RepackPlace, environment: RunEnvironment): Promise<void> {
  const packs = new Packs(db);
  try {
    await repackProvider(packs, new BackupDao(db), place, environment);
    await sweep({ backups: new Backups(db), packs }, place.id, place.provider);
  } catch (error) {
    if (environment.signal.aborted) throw error;
    environment.warn(`packs that are mostly dead were not rewritten: ${messageOf(error)}`);
  }
}

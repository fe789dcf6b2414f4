import { Backups } from "../admin/backups.ts";
import { Packs, type UntidyPlace } from "../admin/packs.ts";
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
 * Safe to repeat.
 *
 * @throws the last trouble; whatever could be removed is gone by then
 */
export async function removeCopies(
  db: Queryable,
  copies: readonly DoomedCopy[],
  environment: RunEnvironment,
): Promise<void> {
  let trouble: unknown;
  for (const place of placesOf(copies)) {
    try {
      await sweepPlace(db, place, environment);
    } catch (error) {
      trouble = error;
    }
  }
  if (trouble !== undefined) throw trouble;
}

/**
 * Removes what nothing needs at a place. Where that cannot be opened its copies are DELETE_FAILED.
 *
 * @throws what kept it from removing all of it
 */
export async function sweepPlace(
  db: Queryable,
  place: Omit<UntidyPlace, "provider">,
  environment: RunEnvironment,
): Promise<void> {
  const backups = new Backups(db);
  const packs = new Packs(db);
  let provider: Provider;
  try {
    provider = await openPlace(place, place.installation, environment);
  } catch (error) {
    for (const id of place.copies) await backups.finishCopyDelete(id, messageOf(error));
    await packs.finishSweep(place.provider_id, messageOf(error));
    throw error;
  }
  try {
    await sweep({ backups, packs }, place.provider_id, provider);
    await tidy(db, { id: place.provider_id, provider }, environment);
  } finally {
    await provider.close();
  }
}

function placesOf(copies: readonly DoomedCopy[]): readonly Omit<UntidyPlace, "provider">[] {
  const byProvider = Map.groupBy(copies, ({ provider_id: id }) => id);
  return [...byProvider.values()].flatMap((there) =>
    there.slice(0, 1).map((place) => ({
      ...place,
      copies: there.map(({ backup_copy_id: id }) => id),
    })),
  );
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

import { Packs } from "../admin/packs.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { sweepPlace } from "../backup/remove-copies.ts";
import type { Queryable } from "../dao/queryable.ts";
import { LastgoodError, messageOf } from "../errors.ts";

/**
 * Removes what is left at places, where that was put off long enough: what could not be deleted, and what
 * died half-way. SQL says where and when; what cannot be removed now is put off again, longer each time.
 *
 * @throws a database error
 */
export async function sweepPlaces(
  db: Queryable,
  labels: readonly string[],
  environment: RunEnvironment,
): Promise<void> {
  const { logger, signal } = environment;
  const packs = new Packs(db);
  while (!signal.aborted) {
    const place = await packs.claimSweep(labels);
    if (place === undefined) return;
    const { provider, copies } = place;
    try {
      await sweepPlace(db, place, environment);
      logger.info({ provider, copies }, `removed what was left at ${provider}`);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LastgoodError)) throw error;
      logger.warn(
        { provider, copies },
        `what is left at ${provider} could not be removed: ${messageOf(error)}`,
      );
    }
  }
}

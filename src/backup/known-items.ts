import { Backups } from "../admin/backups.ts";
import { type BackupCopy, BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { readIdentities } from "../encryption/keys.ts";
import { LastgoodError } from "../errors.ts";
import type { ManifestBody } from "../manifest/entry.ts";
import type { RunEnvironment } from "./environment.ts";
import { uniteBodies } from "./group.ts";
import { openPlace, openSealed } from "./place.ts";

/**
 * Lets the catalogue know what can be picked of a backup. Of one that was attached it does not, until
 * somebody asks: then its manifest is read, once.
 *
 * @throws KeyMissingError where it is encrypted and no identity opens it; PlaceError, CorruptError
 */
export async function knowItems(
  db: Queryable,
  backupId: number,
  environment: RunEnvironment,
): Promise<void> {
  const dao = new BackupDao(db);
  const { items_known: areKnown } = await dao.getBackup(backupId);
  if (areKnown) return;
  const good = (await dao.getCopies(backupId)).filter(({ state }) => state === "COMPLETE");
  const whole = good.filter(({ group_name: group }) => group === null);
  const groups = Map.groupBy(good, ({ group_name: group }) => group);
  const bodies: ManifestBody[] = [];
  // All of it from one copy, or from one of each group.
  for (const copies of whole.length > 0 ? [whole] : groups.values()) {
    bodies.push(await readBody(copies, environment));
  }
  const body = uniteBodies(bodies);
  if (body !== undefined) await new Backups(db).learnBody(backupId, body);
}

/** From the first copy that can be read. */
async function readBody(
  copies: readonly BackupCopy[],
  environment: RunEnvironment,
): Promise<ManifestBody> {
  let trouble: unknown;
  for (const copy of copies) {
    try {
      const provider = await openPlace(copy, copy.installation, environment);
      try {
        const reader = await openSealed(provider, copy, await readIdentities(environment.env));
        return await reader.readBody();
      } finally {
        await provider.close();
      }
    } catch (error) {
      if (!(error instanceof LastgoodError)) throw error;
      trouble ??= error;
    }
  }
  throw trouble;
}

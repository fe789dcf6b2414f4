import type { Queryable } from "../dao/queryable.ts";
import { Backups } from "../admin/backups.ts";
import type { RunEnvironment } from "./environment.ts";
import { reap } from "./reap.ts";
import { removeCopies } from "./remove-copies.ts";

/**
 * Deletes a backup: its row stays, its bytes go, as far as no other backup needs them. A deletion that
 * fails stays visible as DELETE_FAILED and can be repeated.
 *
 * @throws a database error that says why it must not be deleted, before anything is touched
 * @throws PlaceError where bytes could not be removed
 */
export async function deleteBackup(
  db: Queryable,
  id: number,
  environment: RunEnvironment,
): Promise<void> {
  await reap(db, environment);
  const { installation, copies } = await new Backups(db).startDelete(id);
  await removeCopies(
    db,
    copies.map((copy) => ({ ...copy, installation })),
    environment,
  );
}

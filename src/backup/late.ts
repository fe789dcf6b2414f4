import type { DescribedCopy } from "../admin/described.ts";
import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { messageOf } from "../errors.ts";
import { removeCopy } from "../layouts/registry.ts";
import type { CopyRun } from "./copy.ts";
import type { RunEnvironment } from "./environment.ts";
import { openPlace } from "./place.ts";
import { sweep } from "./sweep.ts";

/** The run is over: nobody waits for it any longer than this. */
const patienceMs = 60_000;

/**
 * Removes what a run has written that was taken for dead, and is not: whoever ended its backup may have
 * removed what was there, and knows nothing of what came after. What stays is found by later sweeps.
 */
export async function removeLate(
  db: Queryable,
  run: CopyRun,
  environment: RunEnvironment,
): Promise<void> {
  const { backup_id: id, name } = run.started;
  // Who cannot know whether it was sealed removes nothing.
  const row = await new BackupDao(db).getBackup(id).catch(() => undefined);
  if (row === undefined || ["RUNNING", "COMPLETE", "PARTIAL"].includes(row.state)) return;
  try {
    // What ended the run is not to end this.
    const signal = AbortSignal.timeout(patienceMs);
    for (const copy of run.begun) await removeOne(run, copy, { ...environment, signal });
  } catch (error) {
    environment.warn(`what was written of ${name} was not removed: ${messageOf(error)}`);
  }
}

async function removeOne(
  { backups, packs, started }: CopyRun,
  copy: DescribedCopy,
  environment: RunEnvironment,
): Promise<void> {
  const provider = await openPlace(copy, started.installation, environment);
  try {
    await removeCopy(copy.layout, provider, started.name);
    await sweep({ backups, packs }, copy.provider_id, provider);
  } finally {
    await provider.close();
  }
}

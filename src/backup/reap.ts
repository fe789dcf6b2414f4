import { Backups } from "../admin/backups.ts";
import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { SourceDao } from "../dao/source.ts";
import { messageOf } from "../errors.ts";
import { findSourceType } from "../sources/registry.ts";
import { parseSettings } from "../settings.ts";
import type { RunEnvironment } from "./environment.ts";
import { runNameOf } from "./run-name.ts";
import { ScratchFolder } from "./scratch.ts";

/**
 * Ends what has lost its lease: in the catalogue, which may be done at any time by anybody, and at its
 * source, where something of it may still run. What cannot be ended there is only said.
 */
export async function reap(db: Queryable, environment: RunEnvironment): Promise<void> {
  for (const id of await new Backups(db).reap()) {
    const { name, source } = await new BackupDao(db).getBackup(id);
    environment.warn(`backup ${name} had stopped half-way, and is FAILED now`);
    const [row] = await new SourceDao(db).getSources(source);
    if (row === undefined) continue;
    const type = await findSourceType(row.type);
    await using scratch = await ScratchFolder.make(environment.env);
    const context = { ...environment, runName: runNameOf(name), scratchFolder: scratch.path };
    try {
      await type.endRun?.(parseSettings(type, row.settings), runNameOf(name), context);
    } catch (error) {
      environment.warn(`what may still run of ${name} was not ended: ${messageOf(error)}`);
    }
  }
}

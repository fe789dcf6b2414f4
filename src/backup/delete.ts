import type { Client } from "pg";
import { Backups } from "../admin/backups.ts";
import { Packs } from "../admin/packs.ts";
import { BackupDao } from "../dao/backup.ts";
import { messageOf } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { RunEnvironment } from "./environment.ts";
import { openPlace } from "./place.ts";
import { reap } from "./reap.ts";
import { type RepackPlace, repackProvider } from "./repack.ts";
import { sweep } from "./sweep.ts";

/**
 * Deletes a backup: its row stays, its bytes go, as far as no other backup needs them. A deletion that
 * fails stays visible as DELETE_FAILED and can be repeated.
 *
 * @throws a database error that says why it must not be deleted, before anything is touched
 * @throws PlaceError where bytes could not be removed
 */
export async function deleteBackup(
  client: Client,
  id: number,
  environment: RunEnvironment,
): Promise<void> {
  const backups = new Backups(client);
  const packs = new Packs(client);
  await reap(client, environment);
  const { installation, copies } = await backups.startDelete(id);
  let trouble: unknown;
  for (const copy of copies) {
    let provider: Provider;
    try {
      provider = await openPlace(copy, installation, environment);
    } catch (error) {
      trouble = error;
      await backups.finishCopyDelete(copy.backup_copy_id, messageOf(error));
      continue;
    }
    try {
      await sweep({ backups, packs }, copy.provider_id, provider);
      await tidy(client, { id: copy.provider_id, provider }, environment);
    } catch (error) {
      trouble = error;
    } finally {
      await provider.close();
    }
  }
  if (trouble !== undefined) throw trouble;
}

/** Packs that are mostly dead now are rewritten; where that fails, they only take more space. */
async function tidy(
  client: Client,
  place: RepackPlace,
  environment: RunEnvironment,
): Promise<void> {
  const packs = new Packs(client);
  try {
    await repackProvider(packs, new BackupDao(client), place, environment);
    await sweep({ backups: new Backups(client), packs }, place.id, place.provider);
  } catch (error) {
    if (environment.signal.aborted) throw error;
    environment.warn(`packs that are mostly dead were not rewritten: ${messageOf(error)}`);
  }
}

import type { Client } from "pg";
import { Restores, type StartedRestore } from "../admin/restores.ts";
import { Lease } from "../backup/lease.ts";
import { openPlace, openSealed } from "../backup/place.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { reap } from "../backup/reap.ts";
import { ScratchFolder } from "../backup/scratch.ts";
import { readIdentities } from "../encryption/keys.ts";
import { messageOf } from "../errors.ts";
import type { CopyReader } from "../layouts/layout.ts";
import { findSourceType } from "../sources/registry.ts";
import { parseSettings } from "../settings.ts";
import type { Picked, RestoreReport } from "../sources/source.ts";

export interface RestoreRequest {
  readonly backupId: number;
  /** The copy to read; undefined takes the one that is proven best. */
  readonly from?: string | undefined;
  /** As they were named, for the catalogue. */
  readonly items: readonly string[];
  readonly target: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly options: Readonly<Record<string, string | boolean>>;
}

export interface RestoreOutcome extends RestoreReport {
  /** Undefined after a dry run, which leaves no row. */
  readonly id: number | undefined;
}

/** Chooses, once the copy is open. */
export type Choose = (reader: CopyReader) => Promise<Picked>;

/**
 * Restores what is picked of one backup. While it runs the backup cannot be deleted. A dry run tells
 * what would happen, and leaves nothing behind.
 *
 * @throws what made it fail, once that stands in the catalogue
 */
export async function createRestore(
  client: Client,
  request: RestoreRequest,
  choose: Choose,
  environment: RunEnvironment,
): Promise<RestoreOutcome> {
  const restores = new Restores(client);
  const start = async (): Promise<StartedRestore> =>
    restores.start({
      backupId: request.backupId,
      from: request.from,
      picked: request.items,
      target: nameOf(request.target),
      host: environment.host,
    });
  if (!request.dryRun) {
    await reap(client, environment);
    return await carryOutLeased(restores, await start(), request, choose, environment);
  }
  await client.query("begin");
  try {
    const report = await carryOut(await start(), request, choose, environment);
    return { id: undefined, ...report };
  } finally {
    await client.query("rollback");
  }
}

async function carryOutLeased(
  restores: Restores,
  started: StartedRestore,
  request: RestoreRequest,
  choose: Choose,
  environment: RunEnvironment,
): Promise<RestoreOutcome> {
  const { restore_id: id, token } = started;
  using lease = new Lease(async () => restores.renewLease(id, token));
  const signal = AbortSignal.any([environment.signal, lease.signal]);
  try {
    const report = await carryOut(started, request, choose, { ...environment, signal });
    await restores.complete(id, token, report);
    return { id, ...report };
  } catch (error) {
    const cause = lease.signal.aborted ? lease.signal.reason : error;
    const reason = environment.signal.aborted ? "it was interrupted" : messageOf(cause);
    if (!lease.signal.aborted) await restores.fail(id, token, reason);
    environment.signal.throwIfAborted();
    throw cause;
  }
}

async function carryOut(
  started: StartedRestore,
  request: RestoreRequest,
  choose: Choose,
  environment: RunEnvironment,
): Promise<RestoreReport> {
  const { env, onProgress } = environment;
  const provider = await openPlace(started.copy, started.installation, environment);
  try {
    const reader = await openSealed(provider, started.copy, await readIdentities(env));
    const picked = await choose(reader);
    const type = await findSourceType(reader.head.backup.sourceType);
    await using scratch = await ScratchFolder.make(env);
    return await type.restore({
      settings: parseSettings(type, started.source.settings),
      reader,
      picked,
      target: request.target,
      replace: request.replace,
      dryRun: request.dryRun,
      options: request.options,
      context: {
        ...environment,
        runName: `lastgood restore ${started.restore_id}`,
        scratchFolder: scratch.path,
      },
      ...(onProgress ? { onProgress } : {}),
    });
  } finally {
    await provider.close();
  }
}

/** A target as the catalogue may keep it: never with a password. */
function nameOf(target: string): string {
  return target.replace(/^(\w+:\/\/[^:/@]*):[^@]*@/, "$1@");
}

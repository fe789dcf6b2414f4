import type { Client } from "pg";
import type { CatalogueCopy } from "../admin/described.ts";
import { Restores, type StartedRestore } from "../admin/restores.ts";
import { Lease } from "../backup/lease.ts";
import { openPlace, openSealed } from "../backup/place.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { reap } from "../backup/reap.ts";
import { ScratchFolder } from "../backup/scratch.ts";
import { readIdentities } from "../encryption/keys.ts";
import { messageOf, UsageError } from "../errors.ts";
import { isAboutCopy, resultOf } from "../layouts/finding.ts";
import type { CopyReader } from "../layouts/layout.ts";
import { findSourceType } from "../sources/registry.ts";
import { parseSettings } from "../settings.ts";
import { checkGroup, OtherGroupError } from "./group.ts";
import type { Picked, RestoreReport, SourceType } from "../sources/source.ts";

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

/** One restore on its way. */
interface RestoreRun {
  readonly started: StartedRestore;
  readonly request: RestoreRequest;
  readonly choose: Choose;
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
    return await carryOutLeased(restores, { started: await start(), request, choose }, environment);
  }
  await client.query("begin");
  try {
    const run = { started: await start(), request, choose };
    const report = await carryOut(restores, run, environment);
    return { id: undefined, ...report };
  } finally {
    await client.query("rollback");
  }
}

async function carryOutLeased(
  restores: Restores,
  run: RestoreRun,
  environment: RunEnvironment,
): Promise<RestoreOutcome> {
  const { restore_id: id, token } = run.started;
  using lease = new Lease(async () => restores.renewLease(id, token));
  const signal = AbortSignal.any([environment.signal, lease.signal]);
  try {
    const report = await carryOut(restores, run, { ...environment, signal });
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

/** A copy that fails gives way to the next, unless one was asked for; what was begun is undone by then. */
async function carryOut(
  restores: Restores,
  run: RestoreRun,
  environment: RunEnvironment,
): Promise<RestoreReport> {
  const tried: CatalogueCopy[] = [];
  const warnings: string[] = [];
  for (let { copy } = run.started; ;) {
    try {
      const report = await carryOutFrom(copy, run, environment);
      return {
        ...report,
        actions: [...warnings, ...report.actions],
        warnings: [...warnings, ...report.warnings],
      };
    } catch (error) {
      const isNamed = run.request.from !== undefined;
      const mayGiveWay = isAboutCopy(error) || error instanceof OtherGroupError;
      if (isNamed || !mayGiveWay || environment.signal.aborted) throw error;
      tried.push(copy);
      const next = await restores.nextCopy(
        run.started,
        tried.map((each) => each.backup_copy_id),
        { result: resultOf(error), reason: messageOf(error) },
      );
      if (next === null) throw error;
      if (isAboutCopy(error)) {
        warnings.push(
          `the copy at ${copy.provider} gave way to that at ${next.provider}: ${messageOf(error)}`,
        );
      }
      copy = next;
    }
  }
}

async function carryOutFrom(
  copy: CatalogueCopy,
  { started, request, choose }: RestoreRun,
  environment: RunEnvironment,
): Promise<RestoreReport> {
  const { env, onProgress } = environment;
  const provider = await openPlace(copy, started.installation, environment);
  try {
    const reader = await openSealed(provider, copy, await readIdentities(env));
    const picked = await choose(reader);
    checkGroup(reader.head, picked, { isNamed: request.from !== undefined });
    const type = await findSourceType(reader.head.backup.sourceType);
    await using scratch = await ScratchFolder.make(env);
    return await type.restore({
      ...settingsFor(type, started),
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

/** Of a source that was attached they may be unknown; restoring does not need them. */
function settingsFor(type: SourceType, { source }: StartedRestore): { settings?: unknown } {
  try {
    return { settings: parseSettings(type, source.settings) };
  } catch (error) {
    if (error instanceof UsageError) return {};
    throw error;
  }
}

/** A target as the catalogue may keep it: never with a password. */
function nameOf(target: string): string {
  return target
    .replace(/^(\w+:\/\/[^:/@]*):[^@]*@/, "$1@")
    .replace(/([?&](?:ssl)?password=)[^&]*/gi, "$1…");
}

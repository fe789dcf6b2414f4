import type { Backups } from "../admin/backups.ts";
import type { DescribedCopy, StartedBackup } from "../admin/described.ts";
import type { Packs } from "../admin/packs.ts";
import { readIdentities } from "../encryption/keys.ts";
import type { LastgoodError } from "../errors.ts";
import { CorruptError, KeyMissingError } from "../layouts/errors.ts";
import type { CopyReader, PackCatalogue, Sink } from "../layouts/layout.ts";
import { createSink } from "../layouts/registry.ts";
import type { Item, ManifestBody, ManifestHead } from "../manifest/entry.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import { findSourceType } from "../sources/registry.ts";
import type { BackedUp } from "../sources/source.ts";
import { parseSettings } from "../settings.ts";
import { beginCopy } from "./begin.ts";
import type { RunEnvironment } from "./environment.ts";
import { takenOver } from "./lease.ts";
import { bodyOfGroup, entriesOf, type FilledCopy, lostBetween, refuseEmptyGroup } from "./group.ts";
import { openPlace, openSealed } from "./place.ts";
import { refuseProtected } from "./protected.ts";
import { replicate } from "./replicate.ts";
import { findRoom, makeRoom } from "./room.ts";
import { runNameOf } from "./run-name.ts";
import { ScratchFolder } from "./scratch.ts";
import { sweep } from "./sweep.ts";

/** One backup on its way. */
export interface CopyRun {
  readonly backups: Backups;
  readonly packs: Packs;
  readonly started: StartedBackup;
  readonly environment: RunEnvironment;
  /** Copies of which something may have been written. */
  readonly begun: Set<DescribedCopy>;
}

/**
 * Reads the source into one copy and seals it.
 *
 * @param filled the copies before it, of other groups: what has slipped between them is missing here
 */
export async function fillCopy(
  run: CopyRun,
  copy: DescribedCopy,
  filled: readonly FilledCopy[],
): Promise<FilledCopy> {
  let elsewhere: readonly Item[] = [];
  const made = await withSink(run, copy, async (sink, parent) => {
    const { elsewhere: others = [], ...body } = await backUp(run, copy, sink, parent);
    refuseEmptyGroup(copy, body);
    elsewhere = others;
    const lost = lostBetween(filled, { copy, body, elsewhere });
    return { ...body, missing: [...body.missing, ...lost], settings: run.started.settings };
  });
  return { ...made, elsewhere };
}

/** Makes a further copy from one that is sealed, without asking the source again. */
export async function replicateCopy(
  run: CopyRun,
  copy: DescribedCopy,
  from: FilledCopy,
): Promise<FilledCopy> {
  const context = run.environment;
  const provider = await openPlace(from.copy, run.started.installation, context);
  try {
    const { manifestKey, manifestSha256, manifestSize } = from.sealed;
    const reader = await openSealed(
      provider,
      {
        manifest_key: manifestKey,
        manifest_sha256: manifestSha256,
        manifest_size: manifestSize,
      },
      await readIdentities(context.env),
    );
    const made = await withSink(run, copy, async (sink, parent) => {
      const isAll = copy.group_name === from.copy.group_name;
      const body = isAll ? from.body : bodyOfGroup(from.body, copy.group_name);
      refuseEmptyGroup(copy, body);
      await replicate({
        from: reader,
        sink,
        parent,
        ...(isAll ? {} : { isWanted: entriesOf(body) }),
      });
      return body;
    });
    return { ...made, elsewhere: from.elsewhere };
  } finally {
    await provider.close();
  }
}

async function withSink(
  run: CopyRun,
  copy: DescribedCopy,
  work: (sink: Sink, parent: CopyReader | undefined) => Promise<ManifestBody>,
): Promise<Omit<FilledCopy, "elsewhere">> {
  const { backups, started, environment } = run;
  const provider = await openPlace(copy, started.installation, environment);
  try {
    await refuseProtected(run, copy, provider);
    // First of all: the sweep is to know what it finds.
    await beginCopy(run, copy, provider);
    await sweepFirst(run, copy, provider);
    const parent = await openParent(copy, provider, environment);
    const { compressionLevel } = await findSourceType(started.source_type);
    const sink = await createSink(copy.layout, {
      provider,
      head: headOf(started, copy),
      catalogue: catalogueOf(run, copy, provider),
      signal: environment.signal,
      ...(compressionLevel === undefined ? {} : { compressionLevel }),
      ...(parent ? { parent } : {}),
      ...(environment.onProgress ? { onProgress: environment.onProgress } : {}),
    });
    try {
      const body = await work(sink, parent);
      const sealed = await sink.finish(body);
      await backups.sealCopy(copy.backup_copy_id, started.token, sealed);
      return { copy, body, sealed };
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    await provider.close();
  }
}

/** That something old cannot be removed is no reason to have no new backup. */
async function sweepFirst(
  { backups, packs, environment }: CopyRun,
  copy: DescribedCopy,
  provider: Provider,
): Promise<void> {
  try {
    await sweep({ backups, packs }, copy.provider_id, provider);
  } catch (error) {
    if (!(error instanceof PlaceError) || environment.signal.aborted) throw error;
    environment.warn(
      `what earlier runs left at ${copy.provider} was not removed: ${error.message}`,
    );
  }
}

/**
 * The parent where it can be read. Without a key, or where it is bad, all of the source is read instead:
 * a backup stands alone, and what is stored already is found by the catalogue.
 */
async function openParent(
  { parent_copy: parent, provider: name }: DescribedCopy,
  provider: Provider,
  { env, warn }: RunEnvironment,
): Promise<CopyReader | undefined> {
  if (parent === null) return undefined;
  try {
    const reader = await openSealed(provider, parent, await readIdentities(env));
    await reader.readBody();
    return reader;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    warn(`the parent at ${name} cannot be read, so all of the source is: ${error.message}`);
    return undefined;
  }
}

function isUnreadable(error: unknown): error is LastgoodError {
  const isMissing = error instanceof PlaceError && error.trouble === "missing";
  return isMissing || error instanceof CorruptError || error instanceof KeyMissingError;
}

async function backUp(
  { started, environment }: CopyRun,
  { group_name: group }: DescribedCopy,
  sink: Sink,
  parent: CopyReader | undefined,
): Promise<BackedUp> {
  const { env, signal, logger, warn } = environment;
  const type = await findSourceType(started.source_type);
  await using scratch = await ScratchFolder.make(env);
  const settings = parseSettings(type, started.settings);
  const runName = runNameOf(started.name);
  const context = { env, signal, logger, warn, runName, scratchFolder: scratch.path };
  if (environment.onTotal) {
    const total = await type.estimate?.(settings, context);
    if (total !== undefined) environment.onTotal(total);
  }
  return await type.backUp({
    settings,
    sink,
    ...(parent ? { parent } : {}),
    ...(group === null ? {} : { group }),
    excludeTables: started.exclude_tables,
    context,
  });
}

async function confirmOurs(backups: Backups, { backup_id: id, token }: StartedBackup) {
  if (!(await backups.renewLease(id, token))) throw takenOver();
}

function headOf(
  started: StartedBackup,
  { recipients, group_name: group }: DescribedCopy,
): Omit<ManifestHead, "packs" | "totals" | "layout"> {
  return {
    format: "lastgood-manifest",
    version: 1,
    installation: started.installation,
    backup: {
      id: String(started.backup_id),
      name: started.name,
      type: started.type,
      ...(started.parent_name === null ? {} : { parent: started.parent_name }),
      source: started.source,
      sourceType: started.source_type,
      system: started.fqdn,
      scope: started.scope,
      startedAt: started.started_at,
    },
    recipients,
    ...(group === null ? {} : { group }),
  };
}

function catalogueOf(run: CopyRun, copy: DescribedCopy, provider: Provider): PackCatalogue {
  const { backups, packs, started } = run;
  const { token } = started;
  const { backup_copy_id: id, provider_id: providerId } = copy;
  return {
    getPacks: (recipients) => packs.getPacks(providerId, recipients),
    usePacks: async (names) => backups.usePacks(id, token, names),
    beginPack: async (name) => backups.beginPack(id, token, name),
    confirm: async () => confirmOurs(backups, started),
    completePack: async (pack) => backups.completePack(id, token, pack),
    findRoom: async () => findRoom(run, copy, provider),
    makeRoom: async () => {
      const room = await makeRoom(run, copy);
      await sweepFirst(run, copy, provider);
      return room;
    },
  };
}

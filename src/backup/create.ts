import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { Backups } from "../admin/backups.ts";
import type { DescribedCopy, StartedBackup } from "../admin/described.ts";
import { Packs } from "../admin/packs.ts";
import { messageOf, ProgramError, UsageError } from "../errors.ts";
import { isAboutCopy } from "../layouts/finding.ts";
import type { ManifestBody } from "../manifest/entry.ts";
import { type CopyRun, fillCopy, replicateCopy } from "./copy.ts";
import type { RunEnvironment } from "./environment.ts";
import { type FilledCopy, holdsAllFor, unite } from "./group.ts";
import { Lease } from "./lease.ts";
import { reap } from "./reap.ts";
import { removeLate } from "./late.ts";
import { type BackupRequest, startBackup } from "./start.ts";

export interface BackupOutcome {
  readonly id: number;
  readonly name: string;
  readonly type: "full" | "incremental";
  readonly state: "COMPLETE" | "PARTIAL" | "FAILED";
  readonly missing: ManifestBody["missing"];
  readonly notCollected: readonly string[];
}

/**
 * Takes one backup: reads the source, keeps a copy at each provider, reads it back and seals it.
 * Whatever happens the catalogue says how it ended; after a crash, the next run says so.
 *
 * @throws what made it fail, once that stands in the catalogue
 */
export async function createBackup(
  db: Queryable,
  request: BackupRequest,
  environment: RunEnvironment,
): Promise<BackupOutcome> {
  const backups = new Backups(db);
  await reap(db, environment);
  const started = await startBackup(db, request, environment);
  const { backup_id: id, name, type, token } = started;
  const renew = async (): Promise<boolean> => backups.renewLease(id, token);
  using lease = new Lease(renew, environment.patienceMs);
  const signal = AbortSignal.any([environment.signal, lease.signal]);
  const run: CopyRun = {
    backups,
    packs: new Packs(db),
    started,
    environment: { ...environment, signal },
    begun: new Set(),
  };
  tellOfFull(started, environment);
  try {
    const { body, totals } = unite(await makeCopies(run));
    await backups.addItems(id, token, body.items);
    const state = await backups.seal(id, token, totals, body);
    const missing = await missingOf(db, id, state);
    return { id, name, type, state, missing, notCollected: body.notCollected };
  } catch (error) {
    // Once the lease is lost, whatever broke did so because of it.
    const cause = lease.signal.aborted ? lease.signal.reason : error;
    const reason = environment.signal.aborted ? "it was interrupted" : messageOf(cause);
    try {
      lease.signal.throwIfAborted();
      await backups.fail(id, token, reason);
    } catch (lost) {
      await removeLate(db, run, environment);
      throw lost;
    }
    environment.signal.throwIfAborted();
    throw cause instanceof UsageError ? asFailure(cause) : cause;
  }
}

/** An incremental one was asked for. */
function tellOfFull({ fell_back, full_chain }: StartedBackup, { warn }: RunEnvironment): void {
  if (fell_back) warn("no backup to build on: this one is a full backup");
  if (full_chain !== null) warn(`the chain had ${full_chain} backups: this one is a full backup`);
}

/** What it lacks as the catalogue has it, which knows more than the source. */
async function missingOf(
  db: Queryable,
  id: number,
  state: BackupOutcome["state"],
): Promise<BackupOutcome["missing"]> {
  return state === "COMPLETE" ? [] : (await new BackupDao(db).getBackup(id)).missing;
}

/** What is wrong with a source was right when it was added: by now it is no wrong usage. */
function asFailure(cause: UsageError): ProgramError {
  const { message, hint } = cause;
  return new ProgramError(message, { cause, ...(hint === undefined ? {} : { hint }) });
}

/** The first place is filled from the source, the others from one that holds all they want. */
async function makeCopies(run: CopyRun): Promise<readonly FilledCopy[]> {
  const filled: FilledCopy[] = [];
  let trouble: unknown;
  for (const copy of run.started.copies.toSorted(byUse)) {
    const from = filled.find((each) => holdsAllFor(each, copy));
    try {
      filled.push(
        from === undefined
          ? await fillCopy(run, copy, filled)
          : await replicateCopy(run, copy, from),
      );
    } catch (error) {
      // A place that fails is no reason to lose the copies at the others.
      if (!isAboutCopy(error) || run.environment.signal.aborted) throw error;
      trouble = error;
      await run.backups.failCopy(copy.backup_copy_id, run.started.token, error.message);
      // Of a single one the error itself tells.
      if (run.started.copies.length === 1) continue;
      run.environment.warn(`no copy at ${copy.provider}: ${error.message}`);
    }
  }
  if (filled.length === 0) throw trouble;
  return filled;
}

/** Whole ones first, which others can be made from; before encrypted ones, which takes a key. */
function byUse(a: DescribedCopy, b: DescribedCopy): number {
  return rankOf(a) - rankOf(b);
}

function rankOf({ group_name: group, recipients }: DescribedCopy): number {
  return (group === null ? 0 : 2) + (recipients.length === 0 ? 0 : 1);
}

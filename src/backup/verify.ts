import type { BackupCopy, BackupDao } from "../dao/backup.ts";
import type { Backups } from "../admin/backups.ts";
import { readIdentities } from "../encryption/keys.ts";
import { messageOf, NotFoundError } from "../errors.ts";
import { resultOf } from "../layouts/finding.ts";
import type { CopyReader, Finding } from "../layouts/layout.ts";
import { packNameOf } from "../layouts/pack/pack-upload.ts";
import { findSourceType } from "../sources/registry.ts";
import type { RunContext } from "../sources/source.ts";
import type { RunEnvironment } from "./environment.ts";
import { openPlace, openSealed } from "./place.ts";
import { ScratchFolder } from "./scratch.ts";

/** Rungs of the ladder, and the proof level that each gives. */
export const proofLevels = { stored: 1, checksum: 2, decode: 3, restore: 4 } as const;
export type VerifyLevel = keyof typeof proofLevels;

export interface VerifyRequest {
  readonly backupId: number;
  readonly level: VerifyLevel;
  /** The part of its contents to read, from 0 to 1. */
  readonly sample: number;
  /** One copy; undefined takes all. */
  readonly provider?: string | undefined;
}

export interface Verification {
  readonly provider: string;
  readonly level: VerifyLevel;
  readonly result: "ok" | Finding["result"];
  readonly findings: readonly Finding[];
}

/** Worst first: one finding that is certain outweighs those that are not. */
const gravity = ["corrupt", "missing", "could_not_check", "unverifiable"] as const;

/** Verifies the copies of a backup and writes into the catalogue what was found. */
export async function verifyBackup(
  dao: BackupDao,
  backups: Backups,
  request: VerifyRequest,
  environment: RunEnvironment,
): Promise<readonly Verification[]> {
  const all = await dao.getCopies(request.backupId);
  const copies = all.filter(
    (copy) => isVerifiable(copy) && (request.provider ?? copy.provider) === copy.provider,
  );
  if (copies.length === 0) {
    throw new NotFoundError(`backup ${request.backupId} has no copy there to verify`, {
      hint: "lastgood backup show tells where its copies are.",
    });
  }
  const done: Verification[] = [];
  for (const copy of copies) {
    const findings = await settledFindings(dao, copy, request, environment);
    const known = findings ?? [{ ...goneMeanwhile, what: copy.provider }];
    const result = gravity.find((each) => known.some((found) => found.result === each)) ?? "ok";
    const first = known.find((found) => found.result === result);
    if (findings !== undefined) {
      await backups.recordVerification(copy.backup_copy_id, {
        level: proofLevels[request.level],
        sample: request.sample,
        result,
        badPacks: badPacksOf(findings),
        ...(first ? { reason: `${first.what}: ${first.reason}` } : {}),
      });
    }
    done.push({ provider: copy.provider, level: request.level, result, findings: known });
  }
  return done;
}

const goneMeanwhile = {
  result: "could_not_check",
  reason: "the copy was deleted meanwhile",
} as const;

/**
 * What is found of a copy as it is in the end. One that was rewritten or deleted meanwhile would look
 * as if something was missing; undefined for the latter. Old objects go only after the catalogue says
 * so: what it says after a look still held during that.
 */
async function settledFindings(
  dao: BackupDao,
  copy: BackupCopy,
  request: VerifyRequest,
  environment: RunEnvironment,
): Promise<readonly Finding[] | undefined> {
  const findings = await findingsOf(copy, request, environment);
  const [now] = await dao.getCopiesById([copy.backup_copy_id]);
  if (now === undefined || !isVerifiable(now)) return undefined;
  return now.manifest_key === copy.manifest_key
    ? findings
    : await settledFindings(dao, now, request, environment);
}

function isVerifiable({ state }: BackupCopy): boolean {
  return ["COMPLETE", "CORRUPT", "MISSING"].includes(state);
}

function badPacksOf(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ result, what }) => {
    const name = result === "corrupt" || result === "missing" ? packNameOf(what) : undefined;
    return name === undefined ? [] : [name];
  });
}

async function findingsOf(
  copy: BackupCopy,
  request: VerifyRequest,
  environment: RunEnvironment,
): Promise<readonly Finding[]> {
  try {
    const provider = await openPlace(copy, copy.installation, environment);
    try {
      const reader = await openSealed(provider, copy, await readIdentities(environment.env));
      return await climb(reader, request, environment);
    } finally {
      await provider.close();
    }
  } catch (error) {
    if (environment.signal.aborted) throw error;
    // Whatever it was that went wrong, the catalogue is told that this copy was not checked.
    const what = copy.manifest_key ?? copy.provider;
    return [{ result: resultOf(error), what, reason: messageOf(error) }];
  }
}

async function climb(
  reader: CopyReader,
  { level, sample }: VerifyRequest,
  environment: RunEnvironment,
): Promise<readonly Finding[]> {
  const { signal, onProgress } = environment;
  const reads = level === "restore" ? "decode" : level;
  const findings: Finding[] = [];
  const options = { level: reads, sample, signal, ...(onProgress ? { onProgress } : {}) } as const;
  for await (const finding of reader.verify(options)) findings.push(finding);
  if (findings.length > 0 || reads !== "decode") return findings;
  await using scratch = await ScratchFolder.make(environment.env);
  const context: RunContext = {
    ...environment,
    runName: `lastgood verify ${reader.head.backup.name}`,
    scratchFolder: scratch.path,
  };
  const type = await findSourceType(reader.head.backup.sourceType);
  if (level === "restore") return await type.rehearse(reader, context);
  // A sample is enough of the bytes, and a format is decoded as a whole.
  return sample < 1 ? [] : ((await type.decode?.(reader, context)) ?? []);
}

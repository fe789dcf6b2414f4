import type { z } from "zod";
import type { CopyReader, Finding, Sink } from "../layouts/layout.ts";
import type { Entry, Item, ManifestBody } from "../manifest/entry.ts";
import type { Logger } from "../logger.ts";
import type { Env } from "../server/run.ts";

/** What every act on a source is given. */
export interface RunContext {
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Names the run in process lists and, as PGAPPNAME, in pg_stat_activity. */
  readonly runName: string;
  /** A private folder that exists, is empty and is removed afterwards, whatever happens. */
  readonly scratchFolder: string;
  /** Something people should know that is no failure. */
  readonly warn: (text: string) => void;
}

export interface BackUpOptions<S> {
  readonly settings: S;
  readonly sink: Sink;
  /** The base of an incremental backup. */
  readonly parent?: CopyReader;
  /** Whose items alone this copy holds; only of types that have groups. */
  readonly group?: string;
  readonly context: RunContext;
  /** Names of tables to leave out: config key BackupExcludeTables, before the source's own. */
  readonly excludeTables: readonly string[];
}

/** What was read of a source, for one copy. */
export interface BackedUp extends ManifestBody {
  /** What it has of other groups; no copy keeps that. Only where a group is asked for. */
  readonly elsewhere?: readonly Item[];
}

/** What `--item` named: an item of the catalogue, or a path or pattern among the entries. */
export interface Picked {
  readonly items: readonly Item[];
  /** How many copies are to be made of an item, where it is not one. */
  readonly copies?: ReadonlyMap<Item, number>;
  /** Paths, each with all that lies below: found by reading few blocks of the manifest. */
  readonly paths?: readonly string[];
  /** Selects entries, by reading all of them; with `paths`, among those. */
  readonly entries?: (entry: Entry) => boolean;
}

export interface RestoreOptions<S> {
  /** Of the source as it is now, where it still is; restoring must not need them. */
  readonly settings?: S;
  readonly reader: CopyReader;
  readonly picked: Picked;
  /** `--to`: a folder, or a secret or URL that names a database. */
  readonly target: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly options: Readonly<Record<string, string | boolean>>;
  readonly context: RunContext;
  readonly onProgress?: (bytes: number) => void;
}

/** What a restore did, or with `--dry-run` would do. */
export interface RestoreReport {
  /** A line each, for people: what is made, replaced, left out and why. */
  readonly actions: readonly string[];
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/** A type of sources; `S` are its settings. The rows of lastgood.source_type say the same. */
export interface SourceType<S = unknown> {
  readonly type: string;
  readonly summary: string;
  readonly settings: z.ZodType<S>;
  readonly canIncrement: boolean;
  /** Whether its items belong to groups: `details.group` of each. */
  readonly hasGroups?: boolean;
  /** Of zstd, where its content does better with another one than that of most. */
  readonly compressionLevel?: number;
  /** Tries what a backup needs, and changes nothing. @throws LastgoodError with a hint */
  check(settings: S, context: RunContext): Promise<readonly string[]>;
  /** Bytes that a backup may have, for progress; undefined where nobody knows. */
  estimate?(settings: S, context: RunContext): Promise<number | undefined>;
  /**
   * Ends what a run that is dead has left behind at the source, such as connections that hold locks;
   * returns how much. `runName` is that of the dead run.
   */
  endRun?(settings: S, runName: string, context: RunContext): Promise<number>;
  /**
   * The databases whose loss a backup is made against: a copy that lies in one of them is none. A
   * database is `SYSTEM_IDENTIFIER/OID`.
   */
  protects?(settings: S, context: RunContext): Promise<readonly string[]>;
  /** Reads the source into the sink; what it could not read stands in `missing`. */
  backUp(options: BackUpOptions<S>): Promise<BackedUp>;
  /** Nothing is written unless all that was picked can be. */
  restore(options: RestoreOptions<S>): Promise<RestoreReport>;
  /**
   * Decodes the format of the content itself, beyond our frames and hashes. Left out where entries
   * have no format of their own.
   */
  decode?(reader: CopyReader, context: RunContext): Promise<readonly Finding[]>;
  /** Restores into a scratch place and removes it: proof level 4. */
  rehearse(reader: CopyReader, context: RunContext): Promise<readonly Finding[]>;
}

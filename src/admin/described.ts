import type { LayoutName } from "../providers/provider.ts";

/** A copy with the place where it lies, as SQL functions return it: a row of `lastgood.copy_status`. */
export interface CatalogueCopy {
  readonly backup_copy_id: number;
  readonly provider_id: number;
  readonly provider: string;
  readonly provider_type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly marker: string;
  readonly state: string;
  readonly layout: LayoutName;
  readonly recipients: readonly string[];
  /** Whose items alone are in it; null is all of the backup. */
  readonly group_name: string | null;
  /** The name of the backup where the copy lies. */
  readonly stored_name: string;
  readonly proof_level: number;
  /** Null until the copy is sealed. */
  readonly manifest_key: string | null;
  readonly manifest_sha256: string | null;
  readonly manifest_size: number | null;
}

export interface DescribedCopy extends CatalogueCopy {
  /** That of the parent at the same provider, for incremental backups. */
  readonly parent_copy: CatalogueCopy | null;
}

/** A backup with its source: what `lastgood.describe_backup` returns. */
export interface DescribedBackup {
  readonly backup_id: number;
  readonly name: string;
  readonly type: "full" | "incremental";
  readonly state: string;
  readonly parent_id: number | null;
  readonly parent_name: string | null;
  readonly source_id: number;
  readonly source: string;
  readonly source_type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly fqdn: string;
  readonly scope: string;
  /** The id of this installation. */
  readonly installation: string;
  /** ISO 8601, with the zone of the session. */
  readonly started_at: string;
}

/** What a provider that keeps few backups of a source keeps, and what goes for a new one. */
export interface FoundRoom {
  /** Null where there is room. */
  readonly outgoing: CatalogueCopy | null;
  readonly stay: readonly CatalogueCopy[];
}

export interface StartedBackup extends DescribedBackup {
  /** Proves, with every call, that the backup is still the caller's. */
  readonly token: string;
  /** An incremental one was asked for, and there is nothing that it could build on. */
  readonly fell_back: boolean;
  /** How many backups the chain has that it would have built on, had that not been full; else null. */
  readonly full_chain: number | null;
  /** Patterns of BackupExcludeTables. */
  readonly exclude_tables: readonly string[];
  readonly copies: readonly DescribedCopy[];
}

/** A backup that is being deleted, with the copies that are to be removed. */
export interface DeletingBackup extends DescribedBackup {
  readonly copies: readonly DescribedCopy[];
}

export interface StartedRestore {
  readonly restore_id: number;
  readonly token: string;
  readonly installation: string;
  readonly copy: CatalogueCopy;
  readonly backup: DescribedBackup;
  /** The source as it is now. */
  readonly source: {
    readonly source_id: number;
    readonly name: string;
    readonly type: string;
    readonly settings: Readonly<Record<string, unknown>>;
    readonly is_deleted: boolean;
  };
}

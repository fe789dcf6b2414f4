import { NotFoundError } from "../errors.ts";
import type { LayoutName } from "../providers/provider.ts";
import { type BackupItem, readItems } from "./backup-item.ts";
import { defaultLimit, pageLimit, type Queryable, toNumber } from "./queryable.ts";

export type BackupState =
  | "RUNNING"
  | "COMPLETE"
  | "PARTIAL"
  | "FAILED"
  | "DELETING"
  | "DELETED"
  | "DELETE_FAILED";
export type CopyState =
  | "RUNNING"
  | "COMPLETE"
  | "CORRUPT"
  | "MISSING"
  | "DELETING"
  | "DELETED"
  | "DELETE_FAILED";
export type VerificationResult = "ok" | "corrupt" | "missing" | "unverifiable" | "could_not_check";

/** What is known of a copy; in `lastgood.backup_summary` times are ISO 8601 text. */
interface CopyFacts<Time> {
  readonly backup_copy_id: number;
  readonly provider: string;
  readonly state: CopyState;
  readonly layout: LayoutName;
  readonly recipients: readonly string[];
  /** Whose items alone are in it; null is all of the backup. */
  readonly group_name: string | null;
  /** 0 reported, 1 stored, 2 checksummed, 3 decoded, 4 restored, 5 assertions held. */
  readonly proof_level: number;
  readonly proven_at: Time | null;
  readonly stored_bytes: number | null;
  readonly last_result: VerificationResult | null;
  readonly last_checked_at: Time | null;
  readonly reason: string | null;
}

export type CopySummary = CopyFacts<string>;

/** A copy with the place where it lies: a row of `lastgood.copy_status`. */
export interface BackupCopy extends CopyFacts<Date> {
  readonly backup_id: number;
  readonly provider_id: number;
  readonly provider_type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly marker: string;
  readonly installation: string;
  /** Null until the copy is sealed. */
  readonly manifest_key: string | null;
  readonly manifest_sha256: string | null;
  readonly manifest_size: number | null;
}

/** A backup: a row of `lastgood.backup_summary`. */
export interface BackupRow {
  readonly id: number;
  readonly name: string;
  readonly source: string;
  readonly source_type: string;
  readonly fqdn: string;
  readonly scope: string;
  readonly type: "full" | "incremental";
  readonly parent_id: number | null;
  readonly state: BackupState;
  /** Of its best good copy; null where it has none. */
  readonly proof_level: number | null;
  /** Whether it counts for the verdict. */
  readonly is_good: boolean;
  readonly is_proven: boolean;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  /** Until when whoever makes it is believed to be there. */
  readonly running_until: Date | null;
  readonly size_bytes: number | null;
  readonly entries: number | null;
  readonly reason: string | null;
  readonly missing: readonly { readonly path: string; readonly reason: string }[];
  readonly not_collected: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly held_at: Date | null;
  readonly held_by: string | null;
  readonly hold_reason: string | null;
  readonly host: string | null;
  readonly copies: readonly CopySummary[];
  /** To which its items belong; '' is none. Empty where the source has no groups. */
  readonly groups: readonly string[];
  /** The installation that made it; null is this one. */
  readonly origin: string | null;
  readonly attached_at: Date | null;
  readonly items_known: boolean;
}

export interface BackupFilter {
  readonly source?: string | undefined;
  readonly state?: BackupState | undefined;
  readonly fqdn?: string | undefined;
  /** How many rows at most, 1 to 1000; 50 without it. */
  readonly limit?: number | undefined;
  /** Backups older than the one with this id; the last `id` of the page before. */
  readonly marker?: number | undefined;
}

type Numbers = "parent_id" | "size_bytes" | "entries";
type Row = Omit<BackupRow, "id" | Numbers> & { readonly backup_id: string } & {
  readonly [K in Numbers]: string | null;
};

const columns = `backup_id, name, source, source_type, fqdn, scope, type, parent_id, state,
  proof_level, is_good, is_proven, started_at, ended_at, running_until, size_bytes, entries, reason,
  missing, not_collected, versions, held_at, held_by, hold_reason, host, copies, groups, origin,
  attached_at, items_known`;

function toBackup({ backup_id: id, ...row }: Row): BackupRow {
  return {
    id: Number(id),
    ...row,
    parent_id: toNumber(row.parent_id),
    size_bytes: toNumber(row.size_bytes),
    entries: toNumber(row.entries),
    copies: row.copies.map((copy) => ({
      ...copy,
      proven_at: inUtc(copy.proven_at),
      last_checked_at: inUtc(copy.last_checked_at),
    })),
  };
}

/** JSON of the server has times in the zone of the session. */
function inUtc(time: string | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

const left = `state = any ($1::text[]) and not exists (
  select
  from lastgood.backup_summary as b
  where b.backup_id = copy_status.backup_id and b.state = 'RUNNING'
)`;

/** Reads backups, their copies and items. It has no way to write. */
export class BackupDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * One page of backups, newest first.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getBackups(filter: BackupFilter = {}): Promise<BackupRow[]> {
    const { source, state, fqdn, limit, marker } = filter;
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.backup_summary
       where ($1::text is null or source = $1) and ($2::text is null or state = $2)
         and ($3::text is null or fqdn = $3) and ($4::bigint is null or backup_id < $4)
       order by backup_id desc
       limit $5`,
      [
        source ?? null,
        state ?? null,
        fqdn ?? null,
        marker ?? null,
        pageLimit(limit === undefined ? {} : { limit }, defaultLimit),
      ],
    );
    return rows.map(toBackup);
  }

  /** One backup by its id or name. @throws NotFoundError where there is none */
  async getBackup(ref: number | string): Promise<BackupRow> {
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.backup_summary
       where case when $1::text ~ '^[0-9]{1,18}$' then backup_id = $1::bigint else name = $1 end`,
      [String(ref)],
    );
    const [row] = rows;
    if (!row) {
      throw new NotFoundError(`there is no backup "${ref}"`, {
        hint: "See ids and names with: lastgood backup list",
      });
    }
    return toBackup(row);
  }

  /** All copies of a backup, deleted ones too. */
  async getCopies(backupId: number): Promise<BackupCopy[]> {
    return await this.#readCopies("backup_id = $1::bigint", backupId);
  }

  /** The copies with these ids. */
  async getCopiesById(ids: readonly number[]): Promise<BackupCopy[]> {
    return await this.#readCopies("backup_copy_id = any ($1::bigint[])", ids);
  }

  /** Those whose bytes nobody needs, and that are still there or were when it was last tried. */
  async getLeftCopies(): Promise<BackupCopy[]> {
    return await this.#readCopies(left, ["DELETING", "DELETE_FAILED"]);
  }

  async #readCopies(
    condition: "backup_id = $1::bigint" | "backup_copy_id = any ($1::bigint[])" | typeof left,
    value: number | readonly (number | string)[],
  ): Promise<BackupCopy[]> {
    const { rows } = await this.#db.query<{ readonly [K in keyof BackupCopy]: unknown }>(
      `select backup_copy_id, backup_id, provider_id, provider, provider_type, settings, marker,
              installation, state, layout, recipients, group_name, manifest_key, manifest_sha256,
              manifest_size, stored_bytes, proof_level, proven_at, last_checked_at, last_result, reason
       from lastgood.copy_status
       where ${condition}
       order by backup_copy_id`,
      [value],
    );
    return rows.map((row) => ({
      ...(row as unknown as BackupCopy),
      backup_copy_id: Number(row.backup_copy_id),
      backup_id: Number(row.backup_id),
      provider_id: Number(row.provider_id),
      manifest_size: toNumber(row.manifest_size as string | null),
      stored_bytes: toNumber(row.stored_bytes as string | null),
    }));
  }

  /** What can be picked of a backup; files are not here, but in its manifest. */
  async getItems(backupId: number): Promise<BackupItem[]> {
    return await readItems(this.#db, backupId);
  }

  /** Of these, what has one of these names to the letter, or is a row or a machine with such an id. */
  async getItemsNamed(backupId: number, names: readonly string[]): Promise<BackupItem[]> {
    return await readItems(this.#db, backupId, names);
  }
}

import type { VerificationResult } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import type { SealedCopy } from "../layouts/layout.ts";
import type { Item, ManifestBody, ManifestHead } from "../manifest/entry.ts";
import type { DeletingBackup, FoundRoom, StartedBackup } from "./described.ts";
import { usedPacks, type WrittenPack } from "./packs.ts";

export interface StartBackup {
  readonly source: string;
  /** Names; without any, the only provider that keeps bytes. */
  readonly providers?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly isIncremental?: boolean | undefined;
  readonly parentId?: number | undefined;
  readonly host?: string | undefined;
  /** A PostgreSQL interval; 60 seconds without it. */
  readonly lease?: string | undefined;
}

export interface Verification {
  /** 0 reported, 1 stored, 2 checksummed, 3 decoded, 4 restored, 5 assertions held. */
  readonly level: number;
  /** The part of its contents that was read, from 0 to 1; all of it where it is not given. */
  readonly sample?: number | undefined;
  readonly result: VerificationResult;
  readonly reason?: string | undefined;
  /** Names of packs that are corrupt or gone: other copies that use them are so, too. */
  readonly badPacks?: readonly string[] | undefined;
}

const ofCopy = "p_backup_copy_id => $1::bigint, p_token => $2::uuid";

/**
 * Makes, verifies, holds and deletes backups. Each method calls one SQL function that holds the rules.
 * Those that take a token throw a database error LG035 where the backup was taken over or has ended:
 * the caller must stop.
 */
export class Backups {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Makes the row, its copies and its token, and reports the start. */
  async start(options: StartBackup): Promise<StartedBackup> {
    return await this.#value(
      `lastgood.start_backup(p_source => $1::text, p_providers => $2::text[], p_name => $3::text,
         p_is_incremental => $4::boolean, p_parent_id => $5::bigint, p_host => $6::text,
         p_lease => coalesce($7::interval, '60 seconds'))`,
      [
        options.source,
        options.providers ?? null,
        options.name ?? null,
        options.isIncremental ?? false,
        options.parentId ?? null,
        options.host ?? null,
        options.lease ?? null,
      ],
    );
  }

  /** False where the backup was taken over or has ended. */
  async renewLease(backupId: number, token: string, lease = "60 seconds"): Promise<boolean> {
    return await this.#value(
      `lastgood.renew_backup_lease(p_backup_id => $1::bigint, p_token => $2::uuid,
         p_lease => $3::interval)`,
      [backupId, token, lease],
    );
  }

  /**
   * Says that a copy is about to be written, and the keys of what lies there under its name.
   *
   * @returns false where there are any: nothing there is to be touched
   */
  async beginCopy(copyId: number, token: string, found: readonly string[]): Promise<boolean> {
    const call = `lastgood.begin_copy(${ofCopy}, p_found => $3::text[])`;
    return await this.#value(call, [copyId, token, found]);
  }

  /** Names a pack as of this copy, before its first byte is written. */
  async beginPack(copyId: number, token: string, name: string): Promise<void> {
    await this.#value(`lastgood.begin_pack(${ofCopy}, p_name => $3::text)`, [copyId, token, name]);
  }

  async completePack(copyId: number, token: string, pack: WrittenPack): Promise<void> {
    await this.#value(
      `lastgood.complete_pack(p_backup_copy_id => $1::bigint, p_token => $2::uuid,
         p_name => $3::text, p_size_bytes => $4::bigint, p_sha256 => $5::text,
         p_contents => $6::bytea)`,
      [copyId, token, pack.name, pack.size, pack.sha256, pack.contents],
    );
  }

  /** @returns those that the copy may rely on from now on */
  async usePacks(copyId: number, token: string, names: readonly string[]): Promise<string[]> {
    const call = `lastgood.use_packs(${ofCopy}, p_names => $3::text[])`;
    return await this.#value(call, [copyId, token, names]);
  }

  /** What has to go for this copy where its provider keeps few, and what stays there. */
  async findRoom(copyId: number, token: string): Promise<FoundRoom> {
    return await this.#value(`lastgood.find_room(${ofCopy})`, [copyId, token]);
  }

  /** As {@link findRoom}; what gives way is to be removed from now on. Safe to repeat. */
  async makeRoom(copyId: number, token: string): Promise<FoundRoom> {
    return await this.#value(`lastgood.make_room(${ofCopy})`, [copyId, token]);
  }

  async sealCopy(copyId: number, token: string, sealed: SealedCopy): Promise<void> {
    await this.#value(
      `lastgood.seal_copy(p_backup_copy_id => $1::bigint, p_token => $2::uuid,
         p_manifest_key => $3::text, p_manifest_sha256 => $4::text, p_manifest_size => $5::bigint,
         p_stored_bytes => $6::bigint, p_packs => $7::jsonb)`,
      [
        copyId,
        token,
        sealed.manifestKey,
        sealed.manifestSha256,
        sealed.manifestSize,
        sealed.storedBytes,
        usedPacks(sealed.packs),
      ],
    );
  }

  async failCopy(copyId: number, token: string, reason: string): Promise<void> {
    const call = `lastgood.fail_copy(${ofCopy}, p_reason => $3::text)`;
    await this.#value(call, [copyId, token, reason]);
  }

  /** @returns how many are new */
  async addItems(backupId: number, token: string, items: readonly Item[]): Promise<number> {
    return Number(
      await this.#value<string>(
        `lastgood.add_items(p_backup_id => $1::bigint, p_token => $2::uuid, p_items => $3::jsonb)`,
        [backupId, token, JSON.stringify(items)],
      ),
    );
  }

  /** What the manifest of an attached backup says; of one that is known nothing changes. */
  async learnBody(backupId: number, body: ManifestBody): Promise<void> {
    await this.#value(
      `lastgood.learn_body(p_backup_id => $1::bigint, p_items => $2::jsonb,
         p_missing => $3::jsonb, p_not_collected => $4::text[], p_versions => $5::jsonb)`,
      [
        backupId,
        JSON.stringify(body.items),
        JSON.stringify(body.missing),
        body.notCollected,
        JSON.stringify(body.versions),
      ],
    );
  }

  /** @returns the state in which it ended */
  async seal(
    backupId: number,
    token: string,
    totals: Pick<ManifestHead["totals"], "bytes" | "entries">,
    body: Omit<ManifestBody, "items">,
  ): Promise<"COMPLETE" | "PARTIAL" | "FAILED"> {
    return await this.#value(
      `lastgood.seal_backup(p_backup_id => $1::bigint, p_token => $2::uuid,
         p_size_bytes => $3::bigint, p_entries => $4::bigint, p_missing => $5::jsonb,
         p_not_collected => $6::text[], p_versions => $7::jsonb, p_groups => $8::text[])`,
      [
        backupId,
        token,
        totals.bytes,
        totals.entries,
        JSON.stringify(body.missing),
        body.notCollected,
        JSON.stringify(body.versions),
        body.groups ?? [],
      ],
    );
  }

  async fail(backupId: number, token: string, reason: string): Promise<void> {
    await this.#value(
      `lastgood.fail_backup(p_backup_id => $1::bigint, p_token => $2::uuid, p_reason => $3::text)`,
      [backupId, token, reason],
    );
  }

  /** Ends what has lost its lease, restores too. @returns the ids of the backups */
  async reap(): Promise<number[]> {
    return await this.#value(
      "(select coalesce(jsonb_agg(b.id), '[]') from lastgood.reap_backups() as b(id))",
      [],
    );
  }

  /** Notes what was found of a copy; the verdict and its alerts follow at once. */
  async recordVerification(copyId: number, found: Verification): Promise<void> {
    await this.#value(
      `lastgood.record_verification(p_backup_copy_id => $1::bigint, p_level => $2::smallint,
         p_result => $3::text, p_reason => $4::text, p_packs => $5::text[],
         p_sample => $6::double precision)`,
      [
        copyId,
        found.level,
        found.result,
        found.reason ?? null,
        found.badPacks ?? [],
        found.sample ?? 1,
      ],
    );
  }

  async hold(backupId: number, reason?: string): Promise<void> {
    await this.#value(`lastgood.hold_backup(p_backup_id => $1::bigint, p_reason => $2::text)`, [
      backupId,
      reason ?? null,
    ]);
  }

  async release(backupId: number): Promise<void> {
    await this.#value(`lastgood.release_backup(p_backup_id => $1::bigint)`, [backupId]);
  }

  /** @throws a database error LG039 to LG045 with the reason why it is needed */
  async startDelete(backupId: number): Promise<DeletingBackup> {
    return await this.#value(`lastgood.start_delete(p_backup_id => $1::bigint)`, [backupId]);
  }

  /** @returns the state of the backup */
  async finishCopyDelete(copyId: number, error?: string): Promise<string> {
    return await this.#value(
      `lastgood.finish_copy_delete(p_backup_copy_id => $1::bigint, p_error => $2::text)`,
      [copyId, error ?? null],
    );
  }

  /** The id of a backup by its id or name. @throws a database error LG038 where there is none */
  async find(ref: string): Promise<number> {
    return Number(await this.#value<string>(`lastgood.find_backup(p_ref => $1::text)`, [ref]));
  }

  async #value<T>(call: string, values: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...values,
    ]);
    return rows[0]?.value as T;
  }
}

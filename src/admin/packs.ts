import type { Queryable } from "../dao/queryable.ts";
import type { LayoutName } from "../providers/provider.ts";
import type { DescribedCopy } from "./described.ts";

/** A pack that was written and read back. */
export interface WrittenPack {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** The index of its contents; opaque to SQL. */
  readonly contents: Buffer;
}

/** What a copy uses of a pack. */
export interface UsedPack {
  readonly name: string;
  readonly used: number;
}

/** What nobody needs any more at a provider. */
export interface Leftovers {
  /** Names of packs. */
  readonly packs: readonly string[];
  readonly copies: readonly {
    readonly backup_copy_id: number;
    readonly backup: string;
    readonly layout: LayoutName;
    readonly manifest_key: string | null;
  }[];
  /** Whether a process that was taken for dead may have written something there since: look for it. */
  readonly may_hold_strays: boolean;
  /** Keys of manifests that could not be read; as long as one is there, packs that it may need stay. */
  readonly unreadable: readonly string[];
}

/** A backup that failed and was removed at a provider, and of which something lies there all the same. */
export interface StrayBackup {
  readonly backup: string;
  readonly layout: LayoutName;
}

/** A place at which something is left that nobody needs. */
export interface UntidyPlace extends Pick<DescribedCopy, "provider_type" | "settings" | "marker"> {
  readonly provider_id: number;
  readonly provider: string;
  /** The id of the installation that the place belongs to. */
  readonly installation: string;
  /** Ids of copies whose bytes are to be removed. */
  readonly copies: readonly number[];
}

/** A pack that is mostly dead, and the copies that name it. */
export interface RepackCandidate {
  readonly name: string;
  readonly size_bytes: number;
  readonly copies: readonly number[];
}

/** How many packs with their contents are fetched at once; each index has up to a few 100 kB. */
const packsAtOnce = 20;

/**
 * The packs of a provider. Each method calls one SQL function that holds the rules; those that decide
 * what is still needed do so under the provider's lock, and must be called outside a transaction.
 */
export class Packs {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Packs that a copy can rely on once `Backups.usePacks` has named them, oldest first. */
  async *getPacks(
    providerId: number,
    recipients: readonly string[],
  ): AsyncGenerator<{ name: string; contents: Buffer }> {
    let after = "0";
    for (;;) {
      const { rows } = await this.#db.query<{
        readonly pack_id: string;
        readonly name: string;
        readonly contents: Buffer | null;
      }>(
        `select pack_id, name, contents
         from lastgood.usable_pack
         where provider_id = $1::bigint and recipients = $2::text[] and pack_id > $3::bigint
         order by pack_id
         limit $4`,
        [providerId, recipients.toSorted(), after, packsAtOnce],
      );
      for (const { name, contents } of rows) {
        if (contents !== null) yield { name, contents };
      }
      const last = rows.at(-1);
      if (!last) return;
      after = last.pack_id;
    }
  }

  /** What is to be removed at a provider now. Safe to repeat. */
  async claimLeftovers(providerId: number): Promise<Leftovers> {
    return await this.#value("lastgood.claim_leftovers(p_provider_id => $1::bigint)", [providerId]);
  }

  /**
   * A place for a worker with these labels to sweep, at which removing was put off long enough; it is
   * left alone by others for a quarter of an hour.
   */
  async claimSweep(labels: readonly string[]): Promise<UntidyPlace | undefined> {
    const place = await this.#value<UntidyPlace | null>(
      "lastgood.claim_sweep(p_labels => $1::text[])",
      [labels],
    );
    return place ?? undefined;
  }

  /** All that was left at a provider is gone or, with an error, some of it is not. */
  async finishSweep(providerId: number, error?: string): Promise<void> {
    await this.#value("lastgood.finish_sweep(p_provider_id => $1::bigint, p_error => $2::text)", [
      providerId,
      error ?? null,
    ]);
  }

  /** The object of a claimed pack is gone. */
  async forget(providerId: number, name: string): Promise<void> {
    await this.#value("lastgood.forget_pack(p_provider_id => $1::bigint, p_name => $2::text)", [
      providerId,
      name,
    ]);
  }

  /** Manifests that could not be read are there no more. */
  async forgetUnreadable(providerId: number, keys: readonly string[]): Promise<void> {
    await this.#value(
      "lastgood.forget_unreadable(p_provider_id => $1::bigint, p_keys => $2::text[])",
      [providerId, keys],
    );
  }

  async repackCandidates(providerId: number): Promise<RepackCandidate[]> {
    const { rows } = await this.#db.query<{ readonly candidate: RepackCandidate }>(
      "select candidate from lastgood.repack_candidates(p_provider_id => $1::bigint) as candidate",
      [providerId],
    );
    return rows.map(({ candidate }) => candidate);
  }

  /** Those of these manifests that a repack left and no copy names any more. */
  async staleManifests(providerId: number, keys: readonly string[]): Promise<string[]> {
    return await this.#value(
      "lastgood.stale_manifests(p_provider_id => $1::bigint, p_keys => $2::text[])",
      [providerId, keys],
    );
  }

  /** Those of these backups that failed and were removed there. */
  async strayBackups(providerId: number, names: readonly string[]): Promise<StrayBackup[]> {
    return await this.#value(
      "lastgood.stray_backups(p_provider_id => $1::bigint, p_names => $2::text[])",
      [providerId, names],
    );
  }

  /** Names a pack of a repack as of these copies, before its first byte is written. */
  async adopt(providerId: number, copyIds: readonly number[], name: string): Promise<void> {
    await this.#value(
      `lastgood.adopt_pack(p_provider_id => $1::bigint, p_backup_copy_ids => $2::bigint[],
         p_name => $3::text)`,
      [providerId, copyIds, name],
    );
  }

  async completeAdopted(providerId: number, pack: WrittenPack): Promise<void> {
    await this.#value(
      `lastgood.complete_adopted_pack(p_provider_id => $1::bigint, p_name => $2::text,
         p_size_bytes => $3::bigint, p_sha256 => $4::text, p_contents => $5::bytea)`,
      [providerId, pack.name, pack.size, pack.sha256, pack.contents],
    );
  }

  /** Swaps the manifest and packs of a copy. @throws a database error LG048 where it has changed */
  async replaceManifest(
    copyId: number,
    oldSha256: string,
    manifest: { readonly key: string; readonly sha256: string; readonly size: number },
    packs: readonly UsedPack[],
  ): Promise<void> {
    await this.#value(
      `lastgood.replace_manifest(p_backup_copy_id => $1::bigint, p_old_sha256 => $2::text,
         p_manifest_key => $3::text, p_manifest_sha256 => $4::text, p_manifest_size => $5::bigint,
         p_packs => $6::jsonb)`,
      [copyId, oldSha256, manifest.key, manifest.sha256, manifest.size, usedPacks(packs)],
    );
  }

  async #value<T>(call: string, values: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...values,
    ]);
    return rows[0]?.value as T;
  }
}

/** Packs as SQL takes them. */
export function usedPacks(packs: readonly UsedPack[]): string {
  return JSON.stringify(packs.map(({ name, used }) => ({ name, used })));
}

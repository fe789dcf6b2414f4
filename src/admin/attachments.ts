import type { Queryable } from "../dao/queryable.ts";
import type { Ownership } from "../providers/provider.ts";
import type { NewProvider } from "./providers.ts";

/** A source as the manifests of its backups name it. */
export interface ForeignSource {
  /** The installation that made the backups. */
  readonly origin: string;
  readonly name: string;
  readonly type: string;
  readonly fqdn: string;
  readonly scope: string;
}

/** A copy that was found, as SQL takes it. */
export interface FoundRow {
  readonly source_id: number;
  readonly origin: string;
  readonly name: string;
  readonly type: "full" | "incremental";
  readonly parent: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly size_bytes: number;
  readonly entries: number;
  /** How many things could not be read; null where that is not known. */
  readonly missing: number | null;
  readonly groups: readonly string[];
  readonly layout: string;
  readonly recipients: readonly string[];
  readonly group_name: string | null;
  readonly manifest_key: string;
  readonly manifest_sha256: string;
  readonly manifest_size: number;
  readonly state: "COMPLETE" | "CORRUPT" | "MISSING";
  readonly reason: string | null;
  readonly packs: readonly {
    readonly name: string;
    readonly size: number;
    readonly sha256: string;
    readonly used: number;
  }[];
}

/** A backup that was none here any more, and is good again. */
export interface RevivedBackup {
  readonly backup: string;
  /** The state that it had. */
  readonly was: string;
}

/** A source of which copies lie at a provider that was attached. */
export interface AttachedSource {
  readonly source: string;
  readonly type: string;
  readonly fqdn: string;
  readonly scope: string;
  /** Whether new backups of it can be made. */
  readonly goes_on: boolean;
  /** Of one that goes on and was not added here: they came from a place. Else null. */
  readonly settings: Readonly<Record<string, unknown>> | null;
  readonly backups: number;
  readonly complete: number;
  readonly newest_id: number | null;
  readonly newest: string | null;
  readonly newest_at: string | null;
  /** Its name where it lies. */
  readonly newest_stored_name: string | null;
}

/** Takes over places that have backups. All calls of one attach belong in one transaction. */
export class Attachments {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * @returns the id of the provider
   * @throws a database error LG057 where the place is in use here, LG020 to LG025 for what cannot be
   */
  async addProvider(provider: NewProvider, owner: Ownership): Promise<number> {
    return Number(
      await this.#value<string>(
        `lastgood.attach_provider(p_name => $1::text, p_type => $2::text, p_settings => $3::jsonb,
           p_layout => $4::text, p_recipients => $5::text[], p_group => $6::text,
           p_installation => $7::uuid, p_marker => $8::uuid)`,
        [
          provider.name,
          provider.type,
          JSON.stringify(provider.settings ?? {}),
          provider.layout ?? null,
          provider.recipients ?? [],
          provider.group ?? null,
          owner.installation,
          owner.marker,
        ],
      ),
    );
  }

  /** @returns its id here */
  async addSource(
    source: ForeignSource,
    settings: Readonly<Record<string, unknown>>,
    isResumed: boolean,
  ): Promise<number> {
    const { origin, name, type, fqdn, scope } = source;
    return Number(
      await this.#value<string>(
        `lastgood.attach_source(p_origin => $1::uuid, p_name => $2::text, p_type => $3::text,
           p_fqdn => $4::text, p_scope => $5::text, p_settings => $6::jsonb,
           p_is_resumed => $7::boolean)`,
        [origin, name, type, fqdn, scope, JSON.stringify(settings), isResumed],
      ),
    );
  }

  /** Backups and their copies; those that others build on come first. Returns those that are good again. */
  async addBackups(
    providerId: number,
    found: readonly FoundRow[],
    isResumed: boolean,
  ): Promise<readonly RevivedBackup[]> {
    const revived = await this.#value<readonly RevivedBackup[]>(
      `lastgood.attach_backups(p_provider_id => $1::bigint, p_found => $2::jsonb,
         p_is_resumed => $3::boolean)`,
      [providerId, JSON.stringify(found), isResumed],
    );
    return revived.map(({ backup, was }) => ({ backup, was }));
  }

  /**
   * Reports what goes on, and tells what lies there.
   *
   * @param unreadable keys of manifests that may need any pack there is
   */
  async complete(
    providerId: number,
    unreadable: readonly string[],
  ): Promise<readonly AttachedSource[]> {
    return await this.#value(
      "lastgood.complete_attach(p_provider_id => $1::bigint, p_unreadable => $2::text[])",
      [providerId, unreadable],
    );
  }

  async #value<T>(call: string, values: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...values,
    ]);
    return rows[0]?.value as T;
  }
}

import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { postgres, type PostgresSettings } from "../../src/providers/postgres.ts";
import type { Ownership, Provider } from "../../src/providers/provider.ts";
import { emptyDatabase, type TestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";
import { newOwnership, never, type Place } from "./place.ts";

/** A database that is a place for objects, emptied for each test. */
export interface Store {
  readonly database: TestDatabase;
  /** Not the provider's own. */
  readonly client: Client;
  readonly settings: PostgresSettings;
  readonly env: Readonly<Record<string, string>>;
  readonly ownership: Ownership;
  open(signal?: AbortSignal): Promise<Provider>;
  /** What the place has: whole objects, those that are not, and chunks. */
  count(): Promise<{ whole: number; partial: number; chunks: number }>;
  /** As {@link testProvider} wants it: nothing is made ready. */
  place(): Promise<Place>;
}

/** Call it once at the top of a file. */
export function useStore(): Store {
  const held: { database?: TestDatabase; client?: Client; ownership?: Ownership } = {};
  const opened: Provider[] = [];
  beforeAll(async () => {
    held.database = await emptyDatabase();
    held.client = await held.database.connect();
  });
  afterAll(async () => held.database?.drop());
  const settings = { url: "secret:store" };
  const forget = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map(async (provider) => provider.close()));
    await held.client?.query("drop schema if exists lastgood_store cascade");
  };
  const env = (): Record<string, string> => ({ LASTGOOD_SECRET_STORE: held.database?.url ?? "" });
  beforeEach(async () => {
    await forget();
    held.ownership = newOwnership();
  });
  const store = {
    settings,
    async open(signal: AbortSignal = never): Promise<Provider> {
      const ownership = held.ownership ?? newOwnership();
      await postgres.initialise(settings, ownership, { env: env(), signal: never });
      const provider = await postgres.open(settings, ownership, { env: env(), signal });
      opened.push(provider);
      return provider;
    },
    async count() {
      const { rows } = (await held.client?.query(
        `select count(*) filter (where size is not null)::integer as whole,
                count(*) filter (where size is null)::integer as partial,
                (select count(*)::integer from lastgood_store.chunk) as chunks
           from lastgood_store.object`,
      )) ?? { rows: [] };
      return rows[0] as { whole: number; partial: number; chunks: number };
    },
    async place(): Promise<Place> {
      await forget();
      return {
        settings,
        env: env(),
        removeMarker: async () => {
          await held.client?.query("delete from lastgood_store.marker");
        },
      };
    },
  };
  return Object.defineProperties(store, {
    database: { get: () => held.database },
    client: { get: () => held.client },
    ownership: { get: () => held.ownership },
    env: { get: env },
  }) as unknown as Store;
}

/** Ends the provider's connections to the database of this one; how many there were. */
export async function endBackends(client: Client): Promise<number> {
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'lastgood provider'`,
  );
  return rowCount ?? 0;
}

/** Waits until a connection of the provider waits for a lock. */
export async function waitForBlocked(client: Client): Promise<void> {
  await waitFor(
    async () => {
      const { rowCount } = await client.query(
        `select from pg_stat_activity
          where datname = current_database() and application_name = 'lastgood provider'
            and wait_event_type = 'Lock'`,
      );
      return rowCount;
    },
    { what: "a connection that waits for a lock" },
  );
}

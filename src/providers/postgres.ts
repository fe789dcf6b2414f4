import type { Client } from "pg";
import { z } from "zod";
import { nameOf, resolveTarget } from "../postgresql/connection.ts";
import { identifyDatabases } from "../postgresql/identity.ts";
import { urlSetting } from "../postgresql/url-setting.ts";
import { Connections } from "./postgres/connections.ts";
import { DatabaseProvider } from "./postgres/database-provider.ts";
import { checkMarker, initialiseStore, ownerOfStore, takeOverStore } from "./postgres/place.ts";
import { attempt } from "./postgres/trouble.ts";
import type { Capabilities, ProviderContext, ProviderType } from "./provider.ts";

const capabilities: Capabilities = { keeps: "any", layouts: ["pack"] };

export interface PostgresSettings {
  readonly url: string;
}

const settings: z.ZodType<PostgresSettings> = z.strictObject({
  url: urlSetting().describe(
    "the database: secret:NAME, or a postgresql:// URL without a password",
  ),
});

/** A PostgreSQL database, in a schema of its own. */
export const postgres: ProviderType<PostgresSettings> = {
  type: "postgres",
  summary: "a PostgreSQL database, in a schema of its own",
  settings,
  capabilities,
  async initialise({ url }, ownership, context) {
    await withConnection(url, "could not be made ready", context, async (client, place) =>
      initialiseStore(client, ownership, place),
    );
  },
  async owner({ url }, context) {
    return await withConnection(url, "could not be looked at", context, ownerOfStore);
  },
  async takeOver({ url }, from, to, context) {
    await withConnection(url, "could not be taken over", context, async (client, place) =>
      takeOverStore(client, from, to, place),
    );
  },
  async open({ url }, ownership, { env, signal }) {
    const target = await attempt("the URL", signal, async () => resolveTarget(url, env));
    const place = nameOf(target);
    const connections = new Connections(target, signal);
    try {
      const database = await attempt(`${place} could not be opened`, signal, async () =>
        connections.use(async (client) => {
          await checkMarker(client, ownership, place);
          return (await identifyDatabases(client, [target.database]))?.[0];
        }),
      );
      const what = { connections, place, database, ownership, signal, capabilities };
      return new DatabaseProvider(what);
    } catch (error) {
      await connections.close();
      throw error;
    }
  },
};

async function withConnection<T>(
  url: string,
  failure: string,
  { env, signal }: ProviderContext,
  work: (client: Client, place: string) => Promise<T>,
): Promise<T> {
  const target = await resolveTarget(url, env);
  const place = nameOf(target);
  const connections = new Connections(target, signal);
  try {
    return await attempt(`${place} ${failure}`, signal, async () =>
      connections.use(async (client) => work(client, place)),
    );
  } finally {
    await connections.close();
  }
}

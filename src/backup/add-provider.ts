import type { Client } from "pg";
import { Providers } from "../admin/providers.ts";
import { ProviderDao } from "../dao/provider.ts";
import { resolveRecipients } from "../encryption/keys.ts";
import { findProviderType, initialiseProvider } from "../providers/registry.ts";
import { parseSettings } from "../settings.ts";
import { inTransaction } from "../transaction.ts";
import type { RunEnvironment } from "./environment.ts";

export interface NewProvider {
  readonly name: string;
  readonly type: string;
  /** As they were given; secrets by reference. */
  readonly settings: Readonly<Record<string, string>>;
  readonly layout?: string | undefined;
  /** References to age recipients. */
  readonly recipients: readonly string[];
  readonly group?: string | undefined;
}

/** Adds a provider and makes its place ready: both, or neither. */
export async function addProvider(
  client: Client,
  provider: NewProvider,
  environment: RunEnvironment,
): Promise<void> {
  const { type, settings } = provider;
  parseSettings(await findProviderType(type), settings);
  const recipients = await resolveRecipients(provider.recipients, environment.env);
  await inTransaction(client, async () => {
    await new Providers(client).add({ ...provider, recipients });
    const dao = new ProviderDao(client);
    const { marker } = await dao.getProvider(provider.name);
    await initialiseProvider({ type, settings, marker }, await dao.getInstallation(), environment);
  });
}

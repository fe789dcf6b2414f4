import { UsageError } from "../errors.ts";
import type { Env } from "../server/run.ts";
import type { Ownership, Provider, ProviderContext, ProviderType } from "./provider.ts";
import { parseSettings } from "../settings.ts";

/** One file a type, loaded when it is needed: their libraries would slow down every command. */
const loaders: Readonly<Record<string, () => Promise<ProviderType>>> = {
  "local-fs": async () => (await import("./local-fs.ts")).localFs,
  s3: async () => (await import("./s3.ts")).s3,
  swift: async () => (await import("./swift.ts")).swift,
  postgres: async () => (await import("./postgres.ts")).postgres,
  msd: async () => (await import("./msd.ts")).msd,
  debug: async () => (await import("./debug.ts")).debug,
  noop: async () => (await import("./noop.ts")).noop,
};

/** What is needed of a row of lastgood.provider. */
export interface ProviderRow {
  readonly type: string;
  readonly settings: unknown;
  readonly marker: string;
}

/** All types that people should see. */
export async function providerTypes(env: Env): Promise<readonly ProviderType[]> {
  const types = await Promise.all(Object.values(loaders).map((load) => load()));
  return types.filter(({ isHidden }) => isHidden !== true || env["LASTGOOD_DEBUG"] === "1");
}

/** @throws UsageError for a type that there is not */
export async function findProviderType(type: string): Promise<ProviderType> {
  const load = Object.hasOwn(loaders, type) ? loaders[type] : undefined;
  if (load !== undefined) return await load();
  const names = (await providerTypes({})).map((known) => known.type);
  throw new UsageError(`there is no provider type "${type}"`, {
    hint: `The types are ${names.join(", ")}.`,
  });
}

/**
 * Makes a place ready and marks it as ours. Safe to repeat.
 *
 * @throws UsageError for settings that cannot be used, PlaceError where the place refuses
 */
export async function initialiseProvider(
  row: ProviderRow,
  installation: string,
  context: ProviderContext,
): Promise<void> {
  const { type, settings, ownership } = await resolve(row, installation);
  await type.initialise(settings, ownership, context);
}

/**
 * Opens a place that is ready; the caller closes it.
 *
 * @throws UsageError for settings that cannot be used, PlaceError where the place refuses
 */
export async function openProvider(
  row: ProviderRow,
  installation: string,
  context: ProviderContext,
): Promise<Provider> {
  const { type, settings, ownership } = await resolve(row, installation);
  return await type.open(settings, ownership, context);
}

/**
 * Whose place it is; undefined for nobody's.
 *
 * @throws UsageError for settings that cannot be used, PlaceError where it cannot be seen
 */
export async function findOwner(
  row: Pick<ProviderRow, "type" | "settings">,
  context: ProviderContext,
): Promise<Ownership | undefined> {
  const type = await findProviderType(row.type);
  return await type.owner(parseSettings(type, row.settings), context);
}

/** Makes the place of another owner that of this provider. Safe to repeat. @throws PlaceError */
export async function takeOverProvider(
  row: ProviderRow,
  installation: string,
  from: Ownership,
  context: ProviderContext,
): Promise<void> {
  const { type, settings, ownership } = await resolve(row, installation);
  await type.takeOver(settings, from, ownership, context);
}

async function resolve(
  row: ProviderRow,
  installation: string,
): Promise<{ type: ProviderType; settings: unknown; ownership: Ownership }> {
  const type = await findProviderType(row.type);
  const settings = parseSettings(type, row.settings);
  return { type, settings, ownership: { installation, marker: row.marker } };
}

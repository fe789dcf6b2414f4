import { UsageError } from "../errors.ts";
import type { SourceType } from "./source.ts";

/** Loaded when they are asked for, so that other commands start without them. */
const loaders: Readonly<Record<string, () => Promise<SourceType>>> = {
  postgresql: async () => (await import("./postgresql/index.ts")).postgresqlSource,
  files: async () => (await import("./files/index.ts")).filesSource,
  command: async () => (await import("./command/index.ts")).commandSource,
  ovf: async () => (await import("./ovf/index.ts")).ovfSource,
};

/** The names of all types of sources. */
export const sourceTypes: readonly string[] = Object.keys(loaders);

/** @throws UsageError for a type that there is not */
export async function findSourceType(type: string): Promise<SourceType> {
  const load = Object.hasOwn(loaders, type) ? loaders[type] : undefined;
  if (load !== undefined) return await load();
  throw new UsageError(`there is no source type "${type}"`, {
    hint: `The types are ${sourceTypes.join(", ")}.`,
  });
}

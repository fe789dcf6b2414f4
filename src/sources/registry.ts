import type { z } from "zod";
import { UsageError } from "../errors.ts";
import type { SourceType } from "./source.ts";

/** Loaded when they are asked for, so that other commands start without them. */
const loaders: Readonly<Record<string, () => Promise<SourceType>>> = {
  postgresql: async () => (await import("./postgresql/index.ts")).postgresqlSource,
  files: async () => (await import("./files/index.ts")).filesSource,
  command: async () => (await import("./command/index.ts")).commandSource,
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

/**
 * The settings of a source as its type wants them.
 *
 * @throws UsageError that names the setting and never its value, which may be a secret given by mistake
 */
export function parseSettings<S>(type: SourceType<S>, settings: unknown): S {
  const result = type.settings.safeParse(settings);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, settings));
  throw new UsageError(`source type ${type.type}: ${problems.join("; ")}`, {
    hint: `Settings of ${type.type}: ${keysOf(type).join(", ")}.`,
  });
}

function describe(issue: z.core.$ZodIssue, settings: unknown): string {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `there is no setting "${key}"`).join("; ");
  }
  const [key] = issue.path;
  if (key === undefined) return issue.message;
  const isGiven = typeof settings === "object" && settings !== null && Object.hasOwn(settings, key);
  if (!isGiven) return `setting "${String(key)}" is missing`;
  const reason = issue.message.replace(/^Invalid input(?<more>.*)$/, "is not as expected$<more>");
  return `setting "${String(key)}" ${reason}`;
}

function keysOf<S>(type: SourceType<S>): readonly string[] {
  return "shape" in type.settings ? Object.keys(type.settings.shape as object) : [];
}

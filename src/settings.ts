import type { z } from "zod";
import { UsageError } from "./errors.ts";

/** A type of places or of sources, as far as its settings go. */
export interface Configurable<S> {
  readonly type: string;
  readonly settings: z.ZodType<S>;
}

/** A setting that a type knows. */
export interface SettingInfo {
  readonly key: string;
  readonly isRequired: boolean;
  readonly description: string | undefined;
}

type ShapeOf = Readonly<Record<string, z.ZodType>>;

/** The settings that a type knows, in the order of its schema. */
export function settingsOf(type: Pick<Configurable<unknown>, "settings">): readonly SettingInfo[] {
  const shape = "shape" in type.settings ? (type.settings.shape as ShapeOf) : {};
  return Object.entries(shape).map(([key, schema]) => ({
    key,
    isRequired: !schema.safeParse(undefined).success,
    description: schema.description,
  }));
}

/**
 * The settings of a place or a source as its type wants them.
 *
 * @throws UsageError that names the setting and never its value, which may be a secret given by mistake
 */
export function parseSettings<S>(type: Configurable<S>, settings: unknown): S {
  const result = type.settings.safeParse(settings);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, settings));
  throw new UsageError(`settings of ${type.type}: ${problems.join("; ")}`, {
    hint: hintFor(type),
  });
}

function describe(issue: z.core.$ZodIssue, settings: unknown): string {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `there is no setting "${key}"`).join("; ");
  }
  const key = issue.path.join(".");
  if (key === "") return issue.message;
  return isGiven(settings, issue.path)
    ? `setting "${key}" ${withoutPrefix(issue.message)}`
    : `setting "${key}" is missing`;
}

function isGiven(settings: unknown, path: readonly PropertyKey[]): boolean {
  let value = settings;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value !== undefined;
}

/** zod's own messages start with a capital; ours go on after the name of the setting. */
function withoutPrefix(message: string): string {
  return message.startsWith("Invalid input") ? `is not as expected${message.slice(13)}` : message;
}

function hintFor(type: Configurable<unknown>): string {
  const known = settingsOf(type).map(({ key, isRequired, description }) => {
    const remarks = [isRequired ? "required" : [], description ?? []].flat().join(": ");
    return remarks === "" ? key : `${key} (${remarks})`;
  });
  if (known.length === 0) return `The type ${type.type} has no settings.`;
  return `Settings of ${type.type}: ${known.join(", ")}.`;
}

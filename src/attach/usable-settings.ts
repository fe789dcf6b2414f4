import { UsageError } from "../errors.ts";
import type { ManifestHead } from "../manifest/entry.ts";
import { isSecretRef } from "../secrets.ts";
import { parseSettings } from "../settings.ts";
import { findSourceType, sourceTypes } from "../sources/registry.ts";

type Settings = Readonly<Record<string, unknown>>;

/**
 * What a manifest says of the settings of its source, where its type would take them from people, too:
 * others may have written there. So no secret comes into the catalogue in this way; of those that cannot
 * be used it is told which, and none are taken.
 */
export async function usableSettings(
  { source, sourceType }: Pick<ManifestHead["backup"], "source" | "sourceType">,
  given: Settings | undefined,
  warn: (text: string) => void,
): Promise<Settings> {
  // What type there is, the catalogue says.
  if (given === undefined || !sourceTypes.includes(sourceType)) return {};
  try {
    parseSettings(await findSourceType(sourceType), given);
    return given;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warn(
      `what its manifest has as settings of source "${source}" is not taken: ${error.message}; ` +
        "give them with lastgood source set",
    );
    return {};
  }
}

/** The secrets that settings name, as `secret:NAME`. */
export function secretsIn(settings: Settings): readonly string[] {
  return Object.values(settings).filter(
    (value): value is string => typeof value === "string" && isSecretRef(value),
  );
}

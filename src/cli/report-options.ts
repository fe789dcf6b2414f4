import { Option } from "commander";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { ownHost } from "./own-host.ts";

/** Beyond these the database would keep the report, but count it as nothing. */
const longestScope = 64;
const longestFqdn = 255;

/** `--scope`, to be given once for every scope. */
export function scopeOption(): Option {
  return new Option(
    "--scope <scope>",
    "what is backed up, such as db; repeat it for several",
  ).argParser((value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value]);
}

export function fqdnOption(): Option {
  return new Option("--fqdn <fqdn>", "the system; else LASTGOOD_FQDN, else `hostname -f`");
}

/** @throws UsageError for none, and for what could not count */
export function checkScopes(scopes: readonly string[] | undefined): readonly string[] {
  if (scopes === undefined || scopes.length === 0) {
    throw new UsageError("no scope is named", { hint: "Say what is backed up: --scope db" });
  }
  for (const scope of scopes) {
    if (scope === "" || characterCount(scope) > longestScope) {
      throw new UsageError(`a scope has 1 to ${longestScope} characters`, {
        hint: "Use a short name, such as db or files.",
      });
    }
  }
  return [...new Set(scopes)];
}

/** @throws UsageError for a name that could not count */
export async function reportingSystem(env: Io["env"], given: string | undefined): Promise<string> {
  const fqdn = given || (await ownHost(env));
  if (characterCount(fqdn) > longestFqdn) {
    throw new UsageError(`an fqdn has at most ${longestFqdn} characters`);
  }
  return fqdn;
}

/** As PostgreSQL counts: what a string's length counts twice is one character there. */
function characterCount(text: string): number {
  return Array.from(text).length;
}

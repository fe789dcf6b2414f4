import { LastgoodError } from "../errors.ts";
import { KeyMissingError } from "../layouts/errors.ts";
import type { Identities } from "../layouts/layout.ts";
import { openCopy } from "../layouts/registry.ts";
import type { ManifestBody } from "../manifest/entry.ts";
import type { Provider } from "../providers/provider.ts";
import type { FoundCopy } from "./found-copy.ts";
import { sourceKey } from "./foreign-source.ts";

/** What the newest backup of a source that can be read says of it. */
export interface NewestBody {
  /** Of the backup, where it lies. */
  readonly name: string;
  readonly body: ManifestBody;
}

/** Manifests of one source that are tried, where those before are bad. */
const mostTries = 3;
const readAtOnce = 8;

/** By source. Without the key of one that is encrypted there is nothing of it, which is no error. */
export async function readNewest(
  provider: Provider,
  copies: readonly FoundCopy[],
  identities: Identities,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NewestBody>> {
  const bySource = Map.groupBy(copies.toReversed(), ({ head }) => sourceKey(head));
  const waiting = [...bySource];
  const bodies = new Map<string, NewestBody>();
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      signal.throwIfAborted();
      const [key, newestFirst] = next;
      const body = await readFirst(provider, newestFirst.slice(0, mostTries), identities);
      if (body !== undefined) bodies.set(key, body);
    }
  };
  await Promise.all(Array.from({ length: readAtOnce }, work));
  return bodies;
}

async function readFirst(
  provider: Provider,
  copies: readonly FoundCopy[],
  identities: Identities,
): Promise<NewestBody | undefined> {
  for (const copy of copies) {
    try {
      const reader = await openCopy({ provider, identities, ...copy });
      return { name: copy.head.backup.name, body: await reader.readBody() };
    } catch (error) {
      if (!(error instanceof LastgoodError)) throw error;
      // Those before it are encrypted for the same recipients, as a rule.
      if (error instanceof KeyMissingError) return undefined;
    }
  }
  return undefined;
}

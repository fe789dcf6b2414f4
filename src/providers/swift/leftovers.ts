import type { Container } from "./container.ts";
import type { Names } from "./names.ts";

/**
 * Segments that no object names, of keys that begin so: those of each interrupted upload together. An
 * object that cannot be looked at keeps all that may be its own.
 */
export async function* leftovers(
  container: Container,
  names: Names,
  prefix: string,
): AsyncGenerator<readonly string[]> {
  for await (const [key, uploads] of uploadsByKey(container, names, prefix)) {
    const named = await segmentsNamedBy(container, names.of(key));
    for (const segments of uploads.values()) {
      if (!segments.some((each) => named.has(each))) yield segments;
    }
  }
}

/** They are listed in order of names, so those of one key follow each other. */
async function* uploadsByKey(
  container: Container,
  names: Names,
  prefix: string,
): AsyncGenerator<readonly [string, ReadonlyMap<string, readonly string[]>]> {
  let key: string | undefined;
  let uploads = new Map<string, string[]>();
  for await (const { name } of container.list(names.segmentsOf(prefix))) {
    const part = names.partOf(name);
    if (part === undefined) continue;
    if (part.key !== key && key !== undefined) {
      yield [key, uploads];
      uploads = new Map();
    }
    key = part.key;
    uploads.set(part.id, [...(uploads.get(part.id) ?? []), name]);
  }
  if (key !== undefined) yield [key, uploads];
}

async function segmentsNamedBy(container: Container, name: string): Promise<ReadonlySet<string>> {
  const named = await container.segmentsOf(name);
  if (named !== undefined) return new Set(named);
  // Said to be absent, but listed: then servers that keep it are away.
  for await (const listed of container.list(name, 1)) {
    if (listed.name === name) throw container.contradiction(name);
    break;
  }
  return new Set();
}

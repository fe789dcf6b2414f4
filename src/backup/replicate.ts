import type { CopyReader, Sink } from "../layouts/layout.ts";
import type { Content, Entry } from "../manifest/entry.ts";

export interface Replication {
  readonly from: CopyReader;
  readonly sink: Sink;
  /** The copy of the parent where the new one will lie. */
  readonly parent: CopyReader | undefined;
  /** Selects entries; without it, all are. */
  readonly isWanted?: (entry: Entry) => boolean;
}

/**
 * Keeps what a sealed copy holds in another sink. Holds one small record for each content in memory:
 * entries must be added in order, and bytes are read in the order in which they lie.
 */
export async function replicate({
  from,
  sink,
  parent,
  isWanted = () => true,
}: Replication): Promise<void> {
  const kept = await keptContents(sink, parent);
  await from.readMany(wanted(from, kept, isWanted), async ({ content }, bytes) => {
    if (content !== undefined) kept.set(content.sha256, await sink.store(bytes));
  });
  for await (const entry of from.entries()) {
    if (!isWanted(entry)) continue;
    const content = entry.content && kept.get(entry.content.sha256);
    await sink.add(content === undefined ? entry : { ...entry, content });
  }
}

async function keptContents(
  sink: Sink,
  parent: CopyReader | undefined,
): Promise<Map<string, Content>> {
  const kept = new Map<string, Content>();
  for await (const { content } of parent?.entries() ?? []) {
    if (content !== undefined && sink.keeps(content)) kept.set(content.sha256, content);
  }
  return kept;
}

async function* wanted(
  from: CopyReader,
  kept: ReadonlyMap<string, Content>,
  isWanted: (entry: Entry) => boolean,
): AsyncIterable<Entry> {
  const asked = new Set<string>();
  for await (const entry of from.entries()) {
    const hash = entry.content?.sha256;
    if (hash === undefined || kept.has(hash) || asked.has(hash) || !isWanted(entry)) continue;
    asked.add(hash);
    yield entry;
  }
}

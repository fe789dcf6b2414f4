import type { Content, Entry, Segment } from "../../manifest/entry.ts";

/** Entries whose content lies whole in one frame. */
export interface FrameGroup {
  readonly segment: Segment;
  readonly entries: (Entry & { readonly content: Content })[];
}

/** What to read of a batch of entries, and in which order. */
export interface ReadPlan {
  /** In the order in which the frames are stored. */
  readonly groups: readonly FrameGroup[];
  /** Of content in several frames. */
  readonly large: readonly (Entry & { readonly content: Content })[];
  /** Without any bytes. */
  readonly empty: readonly Entry[];
}

/** Entries that are put in order at once; of these each frame is read once. */
const batchSize = 131_072;

/** Cuts entries into batches, each small enough for memory. */
export async function* plansOf(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): AsyncGenerator<ReadPlan> {
  let batch: Entry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < batchSize) continue;
    yield planOf(batch);
    batch = [];
  }
  if (batch.length > 0) yield planOf(batch);
}

function planOf(entries: readonly Entry[]): ReadPlan {
  const packs = new Map<string, Map<number, FrameGroup>>();
  const large: (Entry & { content: Content })[] = [];
  const empty: Entry[] = [];
  for (const entry of entries) {
    if (!hasBytes(entry)) empty.push(entry);
    else if (isInOneFrame(entry.content)) groupOf(packs, entry.content.segments[0]).push(entry);
    else large.push(entry);
  }
  const groups = [...packs.values()].flatMap((frames) =>
    [...frames.values()].toSorted((a, b) => a.segment.offset - b.segment.offset),
  );
  return { groups, large, empty };
}

function groupOf(
  packs: Map<string, Map<number, FrameGroup>>,
  segment: Segment,
): FrameGroup["entries"] {
  let frames = packs.get(segment.pack);
  if (frames === undefined) packs.set(segment.pack, (frames = new Map<number, FrameGroup>()));
  let group = frames.get(segment.offset);
  if (group === undefined) frames.set(segment.offset, (group = { segment, entries: [] }));
  return group.entries;
}

function hasBytes(entry: Entry): entry is Entry & { readonly content: Content } {
  return entry.content !== undefined && entry.content.size > 0;
}

function isInOneFrame(
  content: Content,
): content is Content & { readonly segments: readonly [Segment] } {
  return content.segments.length === 1 && content.segments[0]?.frames.length === 1;
}

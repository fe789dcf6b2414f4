import type { CopyReader } from "../../layouts/layout.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import type { TreeWriter } from "./tree-writer.ts";

type EntryWithContent = Entry & { readonly content: Content };

/**
 * Makes all entries: folders before what lies in them, contents in the order in which they are read
 * best, further names of a file at the end. Returns the bytes that were read.
 */
export async function writeTree(
  reader: Pick<CopyReader, "open" | "readMany">,
  entries: AsyncIterable<Entry>,
  writer: TreeWriter,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const order = new WriteOrder();
  await reader.readMany(order.contents(entries), async (entry, bytes) => {
    // Its folders were among the entries before it.
    for (const each of order.takeReady()) await writer.make(each);
    await writer.writeFile(entry, bytes);
    onBytes(entry.content?.size ?? 0);
  });
  for (const each of order.takeReady()) await writer.make(each);
  for (const entry of order.sparse) {
    await writer.writeSparse(entry, () => reader.open(entry.content));
    onBytes(entry.content.size);
  }
  for (const each of order.links) await writer.make(each);
}

class WriteOrder {
  readonly sparse: EntryWithContent[] = [];
  /** Further names, which need the first one. */
  readonly links: Entry[] = [];
  #ready: Entry[] = [];

  /** Those whose bytes are to be read; the others are put where they belong. */
  async *contents(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    for await (const entry of entries) {
      if (entry.hardLink !== undefined) this.links.push(entry);
      else if (!hasBytes(entry)) this.#ready.push(entry);
      else if (entry.isSparse === true) this.sparse.push(entry);
      else yield entry;
    }
  }

  takeReady(): readonly Entry[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

function hasBytes(entry: Entry): entry is EntryWithContent {
  return entry.type === "file" && entry.content !== undefined && entry.content.size > 0;
}

import type { Content, Entry } from "../../manifest/entry.ts";

/** A file's content as it can be had, as often as it is asked for. */
export type OpenContent = () => AsyncIterable<Uint8Array>;

/** Makes a tree in a new folder that nobody else writes into. */
export interface TreeWriter {
  /** Makes anything but a file with content of its own. */
  make(entry: Entry): Promise<void>;
  writeFile(entry: Entry, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes a file with holes where its zeros are; that may need its bytes twice. */
  writeSparse(entry: Entry & { readonly content: Content }, open: OpenContent): Promise<void>;
  /** Waits until all of it is made, with its metadata; returns what people should know. */
  finish(): Promise<readonly string[]>;
  /** Ends what runs. What was made is removed by the caller. */
  abort(): Promise<void>;
}

import type { CopyReader } from "../../layouts/layout.ts";
import type { Entry } from "../../manifest/entry.ts";
import type { Picked } from "../source.ts";
import { pickedEntries } from "./picked-entries.ts";

/** So many are kept in memory, in 100 MB at most; of more, the list is read each time. */
const few = 131_072;

/** The picked entries, to be gone through several times. */
export class PickedList {
  readonly #reader: Pick<CopyReader, "entries" | "find">;
  readonly #picked: Picked;
  #kept: readonly Entry[] | undefined;

  constructor(reader: Pick<CopyReader, "entries" | "find">, picked: Picked) {
    this.#reader = reader;
    this.#picked = picked;
  }

  async *entries(): AsyncGenerator<Entry> {
    if (this.#kept !== undefined) {
      yield* this.#kept;
      return;
    }
    const seen: Entry[] = [];
    for await (const entry of pickedEntries(this.#reader, this.#picked)) {
      if (seen.length <= few) seen.push(entry);
      yield entry;
    }
    if (seen.length <= few) this.#kept = seen;
  }
}

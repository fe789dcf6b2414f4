import type { Content } from "../../manifest/entry.ts";
import { contentAt, type PackIndex, recordSize } from "./pack-index.ts";

interface IndexedPack {
  readonly index: PackIndex;
  /** Number of its first record, counted over all packs. */
  readonly first: number;
}

/**
 * All content that this provider is known to keep, by sha256. About 60 bytes for each: a hash table of
 * record numbers over the packs' indexes as they come from the catalogue.
 */
export class KnownContents {
  readonly #packs: IndexedPack[] = [];
  readonly #large = new Map<string, Content>();
  #records = 0;
  /** Number of a record, plus one; 0 is free. */
  #slots = new Uint32Array(1024);

  add(index: PackIndex): void {
    const count = index.records.length / recordSize;
    this.#packs.push({ index, first: this.#records });
    this.#records += count;
    for (const content of index.large) this.#large.set(content.sha256, content);
    if (this.#records * 2 > this.#slots.length) this.#grow();
    else this.#insert(index, this.#records - count);
  }

  find(sha256: string): Content | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = Number.parseInt(sha256.slice(0, 8), 16) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return this.#large.get(sha256);
      const { index, first } = this.#packOf(number);
      const at = (number - first) * recordSize;
      if (index.records.toString("hex", at, at + 32) === sha256) {
        return contentAt(index, number - first);
      }
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(this.#records * 4)));
    for (const { index, first } of this.#packs) this.#insert(index, first);
  }

  #insert(index: PackIndex, first: number): void {
    const mask = this.#slots.length - 1;
    const { records } = index;
    for (let at = 0, number = first + 1; at < records.length; at += recordSize, number += 1) {
      let slot = records.readUInt32BE(at) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number;
    }
  }

  #packOf(number: number): IndexedPack {
    let [low, high] = [0, this.#packs.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#packs[middle]?.first ?? 0) <= number) low = middle;
      else high = middle;
    }
    const pack = this.#packs[low];
    if (pack === undefined) throw new RangeError("no packs are known");
    return pack;
  }
}

import type { BigIntStats } from "node:fs";
import type { Content } from "../../manifest/entry.ts";

/** The first name of an inode that has several. */
export interface FirstName {
  readonly path: string;
  readonly content: Content | Promise<Content> | undefined;
}

/** Finds further names of one inode; forgets it once all of them were seen. */
export class HardLinks {
  readonly #first = new Map<string, { name: FirstName; left: bigint }>();

  /** The first name of the same inode, if there was one. */
  find(stat: BigIntStats): FirstName | undefined {
    if (!mayHaveNames(stat)) return undefined;
    const key = keyOf(stat);
    const known = this.#first.get(key);
    if (known === undefined) return undefined;
    known.left -= 1n;
    if (known.left === 0n) this.#first.delete(key);
    return known.name;
  }

  remember(stat: BigIntStats, name: FirstName): void {
    if (mayHaveNames(stat)) this.#first.set(keyOf(stat), { name, left: stat.nlink - 1n });
  }
}

function mayHaveNames(stat: BigIntStats): boolean {
  return stat.nlink > 1n && !stat.isDirectory();
}

function keyOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

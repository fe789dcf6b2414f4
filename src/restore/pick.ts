import { matchesGlob } from "node:path";
import { UsageError } from "../errors.ts";
import type { CopyReader } from "../layouts/layout.ts";
import type { Item } from "../manifest/entry.ts";
import type { Picked } from "../sources/source.ts";

/** An item as the catalogue lists it. */
export interface ListedItem extends Item {
  readonly id: number;
}

/**
 * What `--item` names, each an item's id or name, the end of a name after a dot, a path in a tree of
 * files with all that lies below, or a pattern of `*`, `?` and `**` for either. None picks everything.
 *
 * @throws UsageError where something is named that the backup does not have, or has more than once
 */
export async function pick(
  wanted: readonly string[],
  items: readonly ListedItem[],
  reader: CopyReader,
): Promise<Picked> {
  const picked = new Map<number, Item>();
  const paths: string[] = [];
  const patterns: string[] = [];
  for (const name of wanted) {
    const found = itemsNamed(name, items);
    for (const item of found) picked.set(item.id, item);
    if (found.length > 0) continue;
    if (isPattern(name)) patterns.push(bytesOf(name));
    else paths.push(await pathNamed(name, items, reader));
  }
  await checkPatterns(patterns, reader);
  const chosen = { items: [...picked.values()] };
  if (patterns.length > 0) {
    return { ...chosen, entries: ({ path }) => matches(path, patterns, paths) };
  }
  return paths.length > 0 ? { ...chosen, paths } : chosen;
}

function itemsNamed(name: string, items: readonly ListedItem[]): readonly ListedItem[] {
  const exact = items.filter((item) => item.name === name || String(item.id) === name);
  if (exact.length > 0) return exact;
  if (isPattern(name)) {
    return items.filter(
      (item) => matchesGlob(item.name, name) || matchesGlob(item.name, `*.${name}`),
    );
  }
  const ending = items.filter((item) => item.name.endsWith(`.${name}`));
  if (ending.length > 1) {
    throw new UsageError(`"${name}" is the name of ${ending.length} items`, {
      hint: `Name one of them: ${ending.map((item) => item.name).join(", ")}.`,
    });
  }
  return ending;
}

async function pathNamed(
  name: string,
  items: readonly ListedItem[],
  reader: CopyReader,
): Promise<string> {
  const path = bytesOf(name)
    .replace(/^\.?\/+/, "")
    .replace(/\/+$/, "");
  if (items.length === 0 && (await reader.find(path)) !== undefined) return path;
  throw new UsageError(`the backup has no item "${name}"`, {
    hint: "lastgood backup items lists what it has.",
  });
}

/** A pattern that selects nothing is a typing error. */
async function checkPatterns(patterns: readonly string[], reader: CopyReader): Promise<void> {
  const idle = new Set(patterns);
  if (idle.size === 0) return;
  for await (const { path } of reader.entries()) {
    for (const pattern of idle) if (matches(path, [pattern], [])) idle.delete(pattern);
    if (idle.size === 0) return;
  }
  throw new UsageError(`no item or path of the backup is like "${[...idle].join('", "')}"`, {
    hint: "lastgood backup items lists what it has; * does not cross a /, ** does.",
  });
}

/** A directory that is matched brings what lies below. */
function matches(path: string, patterns: readonly string[], paths: readonly string[]): boolean {
  return (
    paths.some((each) => path === each || path.startsWith(`${each}/`)) ||
    patterns.some((pattern) => matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`))
  );
}

function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/** A name as manifests keep it, one character a byte. */
function bytesOf(name: string): string {
  return Buffer.from(name).toString("latin1");
}

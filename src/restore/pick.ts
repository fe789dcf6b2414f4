import { latin1Of, showPath } from "../byte-path.ts";
import { UsageError } from "../errors.ts";
import { globSource } from "../glob.ts";
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
    const path = await pathNamed(name, items, reader);
    // A name may look like a pattern: what has it to the letter is meant.
    if (path !== undefined) paths.push(path);
    else if (isPattern(name)) patterns.push(pathOf(name));
    else throw notThere(name);
  }
  const chosen = { items: [...picked.values()] };
  if (patterns.length > 0) {
    const expressions = patterns.map(expressionOf);
    await checkPatterns(patterns, expressions, reader);
    return { ...chosen, entries: ({ path }) => matches(path, expressions, paths) };
  }
  return paths.length > 0 ? { ...chosen, paths } : chosen;
}

function itemsNamed(name: string, items: readonly ListedItem[]): readonly ListedItem[] {
  const exact = items.filter((item) => item.name === name || String(item.id) === name);
  if (exact.length > 0) return exact;
  if (isPattern(name)) {
    // In names of databases a / is nothing special.
    const source = globSource(latin1Of(name).replace(/\*+/g, "**"));
    const expression = new RegExp(`^(?:.*\\.)?${source}$`, "s");
    return items.filter((item) => expression.test(latin1Of(item.name)));
  }
  const ending = items.filter((item) => item.name.endsWith(`.${name}`));
  if (ending.length > 1) {
    throw new UsageError(`"${name}" is the name of ${ending.length} items`, {
      hint: `Name one of them: ${ending.map((item) => item.name).join(", ")}.`,
    });
  }
  return ending;
}

/** The path that is called so, if there is one. */
async function pathNamed(
  name: string,
  items: readonly ListedItem[],
  reader: CopyReader,
): Promise<string | undefined> {
  const path = pathOf(name);
  return items.length === 0 && (await reader.find(path)) !== undefined ? path : undefined;
}

function notThere(name: string): UsageError {
  return new UsageError(`the backup has no item "${name}"`, {
    hint: "lastgood backup items lists what it has.",
  });
}

/** A pattern that selects nothing is a typing error. */
async function checkPatterns(
  patterns: readonly string[],
  expressions: readonly RegExp[],
  reader: CopyReader,
): Promise<void> {
  const idle = new Set(expressions.keys());
  for await (const { path } of reader.entries()) {
    if (path === ".") continue;
    for (const index of idle) if (expressions[index]?.test(path) === true) idle.delete(index);
    if (idle.size === 0) return;
  }
  const shown = [...idle].map((index) => showPath(patterns[index] ?? ""));
  throw new UsageError(`no item or path of the backup is like "${shown.join('", "')}"`, {
    hint: "lastgood backup items lists what it has; * does not cross a /, ** does.",
  });
}

function matches(path: string, expressions: readonly RegExp[], paths: readonly string[]): boolean {
  return (
    paths.some((each) => each === "." || path === each || path.startsWith(`${each}/`)) ||
    expressions.some((expression) => expression.test(path))
  );
}

/** A directory that is matched brings what lies below. */
function expressionOf(pattern: string): RegExp {
  return new RegExp(`^${globSource(pattern)}(?:/.*)?$`, "s");
}

function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

/** A path as manifests keep it, however it was written. */
function pathOf(name: string): string {
  return latin1Of(name)
    .replace(/^\.?\/+/, "")
    .replace(/\/+$/, "");
}

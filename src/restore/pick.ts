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

/** What a backup has; a large one is asked only for what is named. */
export interface ItemList {
  /** What has one of these names to the letter, or is a row or a machine with such an id. */
  named(names: readonly string[]): Promise<readonly ListedItem[]>;
  all(): Promise<readonly ListedItem[]>;
}

/**
 * What `--item` names, each an item's id or name, the end of a name after a dot, a path in a tree of
 * files with all that lies below, or a pattern of `*`, `?` and `**` for either; of machines with
 * `:COPIES`. None picks everything.
 *
 * @throws UsageError where something is named that the backup does not have, or has more than once
 */
export async function pick(
  wanted: readonly string[],
  list: ItemList,
  reader: CopyReader,
): Promise<Picked> {
  const picked = new PickedItems();
  const paths: string[] = [];
  const patterns: string[] = [];
  const names = wanted.flatMap((name) => readingsOf(name).map((reading) => reading.name));
  const named = names.length === 0 ? [] : await list.named(names);
  for (const name of wanted) {
    if (picked.add(name, (each) => itemsCalled(each, named))) continue;
    const items = await list.all();
    if (picked.add(name, (each) => itemsLike(each, items))) continue;
    const path = await pathNamed(name, items, reader);
    // A name may look like a pattern: what has it to the letter is meant.
    if (path !== undefined) paths.push(path);
    else if (isPattern(name)) patterns.push(pathOf(name));
    else throw notThere(name);
  }
  const chosen = picked.chosen();
  if (patterns.length > 0) {
    const expressions = patterns.map(expressionOf);
    await checkPatterns(patterns, expressions, reader);
    return { ...chosen, entries: ({ path }) => matches(path, expressions, paths) };
  }
  return paths.length > 0 ? { ...chosen, paths } : chosen;
}

interface Reading {
  readonly name: string;
  readonly copies?: number;
}

/** A name that itself ends as if it named a number of copies comes first. */
function readingsOf(text: string): readonly Reading[] {
  const [, name, copies] = /^(.+):(\d{1,4})$/s.exec(text) ?? [];
  return name === undefined ? [{ name: text }] : [{ name: text }, { name, copies: Number(copies) }];
}

/** Items by their rows, and how many copies of each. */
class PickedItems {
  readonly #items = new Map<number, ListedItem>();
  readonly #copies = new Map<ListedItem, number>();

  /** Whether anything was found. */
  add(text: string, find: (name: string) => readonly ListedItem[]): boolean {
    for (const { name, copies } of readingsOf(text)) {
      const found = find(name);
      for (const item of found) this.#addOne(text, item, copies);
      if (found.length > 0) return true;
    }
    return false;
  }

  chosen(): Pick<Picked, "items" | "copies"> {
    const items = [...this.#items.values()];
    return this.#copies.size > 0 ? { items, copies: this.#copies } : { items };
  }

  #addOne(text: string, item: ListedItem, copies: number | undefined): void {
    if (copies !== undefined && !isMachine(item)) {
      throw new UsageError(
        `there is one "${item.name}": copies are made of virtual machines alone`,
      );
    }
    if (copies === 0) throw new UsageError(`"${text}" asks for no copy at all`);
    const known = this.#items.get(item.id) ?? item;
    const isAgain = this.#items.has(item.id);
    if (isAgain && (this.#copies.get(known) ?? 1) !== (copies ?? 1)) {
      throw new UsageError(`"${item.name}" is picked twice, with other numbers of copies`);
    }
    this.#items.set(item.id, known);
    if (copies !== undefined) this.#copies.set(known, copies);
  }
}

function itemsCalled(name: string, items: readonly ListedItem[]): readonly ListedItem[] {
  const exact = items.filter((item) => item.name === name);
  if (exact.length > 1 && exact.every(isMachine)) throw ambiguous(name, exact);
  if (exact.length > 0) return exact;
  const machine = name.toLowerCase();
  return items.filter(({ id, details }) => String(id) === name || details?.["id"] === machine);
}

function itemsLike(name: string, items: readonly ListedItem[]): readonly ListedItem[] {
  if (isPattern(name)) {
    // In names of databases a / is nothing special.
    const source = globSource(latin1Of(name).replace(/\*+/g, "**"));
    const expression = new RegExp(`^(?:.*\\.)?${source}$`, "s");
    const whole = new RegExp(`^${source}$`, "s");
    return items.filter((item) => (isMachine(item) ? whole : expression).test(latin1Of(item.name)));
  }
  // The names of machines are those of hosts: what follows a dot is a domain.
  const ending = items.filter((item) => !isMachine(item) && item.name.endsWith(`.${name}`));
  if (ending.length > 1) throw ambiguous(name, ending);
  return ending;
}

function ambiguous(name: string, items: readonly ListedItem[]): UsageError {
  const names = items.map((item) => (isMachine(item) ? `${item.kind} ${item.id}` : item.name));
  return new UsageError(`"${name}" is the name of ${items.length} items`, {
    hint: `Name one of them: ${names.join(", ")}.`,
  });
}

function isMachine({ kind }: Item): boolean {
  return kind === "vm" || kind === "template";
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

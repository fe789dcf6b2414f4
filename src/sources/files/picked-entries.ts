import { NotFoundError } from "../../errors.ts";
import { showPath } from "../../byte-path.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import { comparePaths, type Entry } from "../../manifest/entry.ts";
import type { Picked } from "../source.ts";

/** The entries that were picked in order, with the folders above them. */
export async function* pickedEntries(
  reader: Pick<CopyReader, "entries" | "find">,
  picked: Picked,
): AsyncGenerator<Entry> {
  const paths = outermost(picked.paths);
  if (paths === undefined && picked.entries === undefined) {
    yield* reader.entries();
    return;
  }
  const top = await reader.find(".");
  const chosen = chosenEntries(reader, (entry) => isPicked(entry, paths, picked), paths);
  yield* top === undefined ? chosen : withTop(top, chosen);
}

async function* chosenEntries(
  reader: Pick<CopyReader, "entries" | "find">,
  isChosen: (entry: Entry) => boolean,
  paths: readonly string[] | undefined,
): AsyncGenerator<Entry> {
  const above = new FoldersAbove(reader);
  const links = new ChosenLinks(reader, isChosen);
  for await (const entry of entriesBelow(reader, paths)) {
    if (entry.path === "." || !isChosen(entry)) continue;
    yield* await above.of(entry);
    yield await links.resolve(entry);
  }
}

/** Puts the folder itself where it belongs in the order, before the first that comes after it. */
async function* withTop(top: Entry, entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  let [isOut, isEmpty] = [false, true];
  for await (const entry of entries) {
    isEmpty = false;
    if (!isOut && comparePaths(top.path, entry.path) < 0) {
      isOut = true;
      yield top;
    }
    yield entry;
  }
  if (!isOut && !isEmpty) yield top;
}

/** Sorted, without those that lie below another; undefined for everything. */
function outermost(paths: readonly string[] | undefined): readonly string[] | undefined {
  if (paths === undefined || paths.includes(".")) return undefined;
  const chosen: string[] = [];
  for (const path of paths.toSorted(comparePaths)) {
    const last = chosen.at(-1);
    if (last === undefined || !isBelow(path, last)) chosen.push(path);
  }
  return chosen;
}

async function* entriesBelow(
  reader: Pick<CopyReader, "entries">,
  paths: readonly string[] | undefined,
): AsyncGenerator<Entry> {
  if (paths === undefined) {
    yield* reader.entries();
    return;
  }
  for (const path of paths) {
    let isThere = false;
    for await (const entry of reader.entries(path)) {
      isThere = true;
      yield entry;
    }
    if (isThere) continue;
    throw new NotFoundError(`the backup has no ${showPath(path)}`, {
      hint: "lastgood backup items lists what it has.",
    });
  }
}

function isPicked(entry: Entry, paths: readonly string[] | undefined, picked: Picked): boolean {
  const isNamed = paths === undefined || paths.some((path) => isBelow(entry.path, path));
  return isNamed && (picked.entries?.(entry) ?? true);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The folders above entries that come in order, each once. */
class FoldersAbove {
  readonly #reader: Pick<CopyReader, "find">;
  /** Those that are out already, outermost first. */
  #out: string[] = [];

  constructor(reader: Pick<CopyReader, "find">) {
    this.#reader = reader;
  }

  async of(entry: Entry): Promise<readonly Entry[]> {
    const wanted = parentsOf(entry.path);
    const known = wanted.findIndex((path, index) => this.#out[index] !== path);
    const missing = known < 0 ? [] : wanted.slice(known);
    this.#out = entry.type === "directory" ? [...wanted, entry.path] : wanted;
    const found: Entry[] = [];
    for (const path of missing) {
      const folder = await this.#reader.find(path);
      if (folder !== undefined) found.push(folder);
    }
    return found;
  }
}

function parentsOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_name, index) => names.slice(0, index + 1).join("/"));
}

/** Further names of a file whose first name was not picked: the first of them takes its place. */
class ChosenLinks {
  readonly #reader: Pick<CopyReader, "find">;
  readonly #isChosen: (entry: Entry) => boolean;
  /** First name in the backup, first name among those picked. */
  readonly #first = new Map<string, string>();

  constructor(reader: Pick<CopyReader, "find">, isChosen: (entry: Entry) => boolean) {
    this.#reader = reader;
    this.#isChosen = isChosen;
  }

  async resolve(entry: Entry): Promise<Entry> {
    const { hardLink, ...plain } = entry;
    if (hardLink === undefined) return entry;
    const first = this.#first.get(hardLink);
    if (first !== undefined) return { ...plain, hardLink: first };
    const origin = await this.#reader.find(hardLink);
    const isThere = origin !== undefined && this.#isChosen(origin);
    this.#first.set(hardLink, isThere ? hardLink : entry.path);
    return isThere ? entry : plain;
  }
}

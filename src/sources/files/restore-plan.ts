import { showPath } from "../../byte-path.ts";
import { UsageError } from "../../errors.ts";
import { CorruptError } from "../../layouts/errors.ts";
import { comparePaths, type Entry } from "../../manifest/entry.ts";
import { leadsOut } from "./symlink-way.ts";

/** What a restore will make; nothing is written before all of it was looked at. */
export interface RestorePlan {
  readonly entries: number;
  readonly files: number;
  readonly folders: number;
  /** Symbolic links. */
  readonly links: number;
  /** FIFOs and devices. */
  readonly others: number;
  readonly bytes: number;
  /** What that takes on a disk, about. */
  readonly space: number;
  /** The first few, for people. */
  readonly first: readonly string[];
}

const shownPaths = 20;
const block = 4096;

/**
 * Reads all that was picked and refuses what must not be written.
 *
 * @throws CorruptError for a list that no backup of ours has; UsageError for links that lead out
 */
export async function planRestore(
  entries: () => AsyncIterable<Entry>,
  { mayLeadOut }: { readonly mayLeadOut: boolean },
): Promise<RestorePlan> {
  const planner = new Planner();
  for await (const entry of entries()) planner.add(entry);
  if (planner.origins.size > 0) await checkOrigins(entries(), planner.origins);
  if (!mayLeadOut) checkSymlinks(planner.symlinks);
  return planner.plan;
}

class Planner {
  readonly plan: { -readonly [K in keyof RestorePlan]: RestorePlan[K] } & { first: string[] };
  /** First names that further ones count on. */
  readonly origins = new Map<string, Entry>();
  readonly symlinks = new Map<string, string>();
  /** Folders that the next entry may lie in, outermost first. */
  #open: string[] = [];
  #last: string | undefined;

  constructor() {
    const counts = { entries: 0, files: 0, folders: 0, links: 0, others: 0, bytes: 0, space: 0 };
    this.plan = { ...counts, first: [] };
  }

  add(entry: Entry): void {
    this.#check(entry);
    this.#count(entry);
    if (entry.type === "symlink") this.symlinks.set(entry.path, targetOf(entry));
    if (entry.hardLink !== undefined) this.#addLink(entry, entry.hardLink);
  }

  #check({ path, type }: Entry): void {
    checkPath(path, type);
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) {
      refuse(path, "it comes twice, or out of order");
    }
    this.#last = path;
    if (path === ".") return;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    while (this.#open.length > 0 && this.#open.at(-1) !== parent) this.#open.pop();
    if ((this.#open.at(-1) ?? "") !== parent) refuse(path, "what it lies in is no folder");
    if (type === "directory") this.#open.push(path);
  }

  #addLink(entry: Entry, origin: string): void {
    checkPath(origin, entry.type);
    if (entry.type === "directory" || comparePaths(origin, entry.path) >= 0) {
      refuse(entry.path, "it is a further name of what comes later, or of a folder");
    }
    this.origins.set(origin, entry);
  }

  #count({ path, type, content, hardLink }: Entry): void {
    const { plan } = this;
    plan.entries += 1;
    if (plan.first.length < shownPaths) plan.first.push(showPath(path));
    if (type === "directory") plan.folders += 1;
    else if (type === "symlink") plan.links += 1;
    else if (type === "file") plan.files += 1;
    else plan.others += 1;
    if (hardLink !== undefined) return;
    const size = content?.size ?? 0;
    plan.bytes += size;
    plan.space += Math.ceil(size / block) * block + (type === "directory" ? block : 0);
  }
}

function targetOf({ path, target }: Entry): string {
  return target === undefined || target === "" || target.includes("\0")
    ? refuse(path, "it is a symbolic link that leads nowhere")
    : target;
}

function checkPath(path: string, type: Entry["type"]): void {
  if (path === ".") {
    if (type !== "directory") refuse(path, "the top is no folder");
  } else if (path.startsWith("/")) refuse(path, "it is absolute");
  else if (/(?:^|\/)\.{0,2}(?:\/|$)|\0/.test(path)) refuse(path, "it is no path below a folder");
}

function refuse(path: string, reason: string): never {
  throw new CorruptError(`${showPath(path)} is not restored: ${reason}`, {
    hint: "Nothing was written. The list of this backup is not one that lastgood writes.",
  });
}

/** A first name must be restored as what it is, or a link to it would lead anywhere. */
async function checkOrigins(
  entries: AsyncIterable<Entry>,
  origins: Map<string, Entry>,
): Promise<void> {
  for await (const { path, type, hardLink } of entries) {
    if (origins.get(path)?.type === type && hardLink === undefined) origins.delete(path);
  }
  for (const [, { path }] of origins) refuse(path, "its first name is not there");
}

function checkSymlinks(symlinks: ReadonlyMap<string, string>): void {
  const bad = [...symlinks.keys()].filter((path) => leadsOut(path, symlinks));
  const [first] = bad;
  if (first === undefined) return;
  const named = bad.slice(0, 5).map((path) => `${showPath(path)} -> ${linkTarget(symlinks, path)}`);
  throw new UsageError(
    `${bad.length} symbolic links lead out of the restored tree: ${named.join(", ")}`,
    { hint: "Pick other items, or allow these with --allow-outside-links." },
  );
}

function linkTarget(symlinks: ReadonlyMap<string, string>, path: string): string {
  return showPath(symlinks.get(path) ?? "");
}

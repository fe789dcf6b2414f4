import { lstatSync, readlinkSync, type Stats, unlinkSync } from "node:fs";
import { showPath } from "../../byte-path.ts";
import { LastgoodError } from "../../errors.ts";
import type { Content, Entry } from "../../manifest/entry.ts";
import type { ManifestReader } from "../../manifest/reader.ts";
import { codeOf, placeError } from "../../providers/local-fs/trouble.ts";
import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { findingOf } from "../finding.ts";
import type { Finding, VerifyOptions } from "../layout.ts";
import { ContentFile } from "./content-file.ts";
import { bytesOf, type TreeFolders } from "./folders.ts";
import { Turns } from "../../turns.ts";

export interface VerifiedTree {
  readonly provider: Provider;
  readonly manifestKey: string;
  readonly manifest: ManifestReader;
  readonly folders: TreeFolders;
}

/** Compares a tree with its manifest; head and directory of that were compared when it was opened. */
export async function* verifyTree(
  tree: VerifiedTree,
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  try {
    const stored = await tree.provider.stat(tree.manifestKey);
    if (stored === undefined) throw new PlaceError("missing", "it is not there");
    if (stored.size !== tree.manifest.size) throw new CorruptError("it has another size");
  } catch (error) {
    yield findingOf(tree.manifestKey, error);
  }
  if (options.level !== "stored") yield* tree.manifest.check(options.signal);
  try {
    yield* new TreeCheck(tree, options).run();
  } catch (error) {
    yield findingOf(tree.manifestKey, error);
  }
}

class TreeCheck {
  readonly #tree: VerifiedTree;
  readonly #options: VerifyOptions;
  readonly #root: string;
  /** What was found of each inode: many names may share one, and each is hashed once. */
  readonly #hashed = new Map<number, LastgoodError | undefined>();
  /** The file that is hashed in any case, however small the sample. */
  readonly #certain: number;
  #files = 0;

  constructor(tree: VerifiedTree, options: VerifyOptions) {
    this.#tree = tree;
    this.#options = options;
    this.#root = tree.folders.tree(tree.manifest.head.backup.name);
    this.#certain = Math.floor(Math.random() * tree.manifest.head.totals.files);
  }

  async *run(): AsyncGenerator<Finding> {
    const turns = new Turns();
    for await (const entry of this.#tree.manifest.entries()) {
      this.#options.signal.throwIfAborted();
      if (turns.isOver) await turns.pass();
      try {
        await this.#check(entry, entry.path === "." ? this.#root : `${this.#root}/${entry.path}`);
      } catch (error) {
        yield findingOf(showPath(entry.path), error);
      }
    }
  }

  async #check(entry: Entry, path: string): Promise<void> {
    const { type, content } = entry;
    // All others stand in the manifest alone.
    if (type !== "file" && type !== "directory" && type !== "symlink") return;
    const stat = look(path);
    if (type === "directory" && !stat.isDirectory()) throw new CorruptError("it is no folder");
    if (type === "symlink") checkTarget(stat, path, entry.target);
    if (content === undefined) return;
    checkFile(stat, content);
    if (this.#isHashed()) await this.#hash(content, path, stat.ino);
  }

  #isHashed(): boolean {
    const { level, sample } = this.#options;
    const isCertain = this.#files === this.#certain;
    this.#files += 1;
    return level !== "stored" && (isCertain || Math.random() < sample);
  }

  async #hash(content: Content, path: string, inode: number): Promise<void> {
    if (!this.#hashed.has(inode)) this.#hashed.set(inode, await this.#read(content, path, inode));
    const trouble = this.#hashed.get(inode);
    if (trouble !== undefined) throw trouble;
  }

  async #read(content: Content, path: string, inode: number): Promise<LastgoodError | undefined> {
    const file = new ContentFile(path);
    try {
      for await (const chunk of file.read(content)) {
        this.#options.signal.throwIfAborted();
        this.#options.onProgress?.(chunk.length);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof LastgoodError)) throw error;
      if (error instanceof CorruptError) this.#takeOutOfPool(content, inode);
      return error;
    } finally {
      file.close();
    }
  }

  /** The next backup that has this content must not link to a bad inode. */
  #takeOutOfPool(content: Content, inode: number): void {
    const path = bytesOf(this.#tree.folders.content(content.sha256));
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === inode) unlinkSync(path);
    } catch (error) {
      // Where nothing can be written, no backup can link to it either.
      if (codeOf(error) !== "EROFS") throw placeError(error, "the pool could not be tidied");
    }
  }
}

function look(path: string): Stats {
  try {
    return lstatSync(bytesOf(path));
  } catch (error) {
    const isAbsent = ["ENOENT", "ENOTDIR"].includes(codeOf(error));
    throw isAbsent
      ? new PlaceError("missing", "it is not there", { cause: error })
      : placeError(error, "it cannot be looked at");
  }
}

function checkFile(stat: Stats, content: Content): void {
  if (!stat.isFile()) throw new CorruptError("it is no plain file");
  if (stat.size === content.size) return;
  throw new CorruptError(`it has ${stat.size} bytes instead of ${content.size}`);
}

function checkTarget(stat: Stats, path: string, target: string | undefined): void {
  if (stat.isSymbolicLink() && readlinkSync(bytesOf(path), "latin1") === target) return;
  throw new CorruptError("it is not the symbolic link that was stored");
}

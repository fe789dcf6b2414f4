import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { showPath } from "../../byte-path.ts";
import type { Content, Entry, ManifestBody } from "../../manifest/entry.ts";
import { manifestKey } from "../../manifest/form.ts";
import { ManifestWriter, storeManifest, type WrittenManifest } from "../../manifest/writer.ts";
import { placeError } from "../../providers/local-fs/trouble.ts";
import type { SealedCopy, Sink, SinkOptions } from "../layout.ts";
import {
  bytesOf,
  foldersOf,
  makeFolder,
  throwAway,
  type TreeFolders,
  tryHere,
  unlinkAll,
} from "./folders.ts";
import { Pool } from "./pool.ts";
import { syncAll } from "./sync.ts";

export interface TreeSinkOptions extends SinkOptions {
  /** Links to one inode before a fresh one is made; by default what the file system allows. */
  readonly mostLinks?: number;
}

/** Keeps a copy as plain folders whose files are links to a pool of contents. */
export class TreeSink implements Sink {
  readonly #options: SinkOptions;
  readonly #folders: TreeFolders;
  readonly #work: string;
  readonly #pool: Pool;
  readonly #writer: ManifestWriter;
  /** The symbolic link that was added last: nothing may come below it. */
  #link: string | undefined;
  /** The folder of the entry that was added last. */
  #parent: string | undefined;

  private constructor(options: TreeSinkOptions) {
    this.#options = options;
    this.#folders = foldersOf(options.provider);
    this.#work = this.#folders.incomplete(options.head.backup.name);
    this.#pool = new Pool({
      folders: this.#folders,
      aside: `${this.#work}/new`,
      onProgress: (bytes) => options.onProgress?.(bytes),
      mostLinks: options.mostLinks,
    });
    this.#writer = new ManifestWriter({ recipients: [] });
  }

  /** @throws UsageError where the provider is no folder; PlaceError */
  static async open(options: TreeSinkOptions): Promise<TreeSink> {
    options.signal.throwIfAborted();
    const sink = new TreeSink(options);
    const { name } = options.head.backup;
    tryHere(`the tree of ${name} could not be begun`, () => {
      throwAway(sink.#folders, sink.#work);
      makeFolder(`${sink.#work}/new`);
      makeFolder(`${sink.#work}/tree`);
    });
    return sink;
  }

  async store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content> {
    this.#options.signal.throwIfAborted();
    return bytes instanceof Uint8Array
      ? await this.#pool.store(bytes)
      : await this.#pool.storeStream(bytes);
  }

  keeps(content: Content): boolean {
    return this.#pool.keeps(content);
  }

  async add(entry: Entry): Promise<void> {
    this.#options.signal.throwIfAborted();
    this.#check(entry.path);
    const { content } = entry;
    // A parent of another layout names packs.
    const kept = content && { ...content, segments: [] };
    await this.#writer.add(kept === undefined ? entry : { ...entry, content: kept });
    if (entry.path === ".") return;
    this.#make(entry, `${this.#work}/tree/${entry.path}`);
  }

  async finish(body: ManifestBody): Promise<SealedCopy> {
    const { head, provider, catalogue, signal } = this.#options;
    const manifest = await this.#writer.finish({ ...head, layout: "tree", packs: [] }, body);
    try {
      await this.#seal();
    } catch (error) {
      throw placeError(error, `the tree of ${head.backup.name} could not be sealed`);
    }
    signal.throwIfAborted();
    const key = manifestKey(head.backup.name);
    await storeManifest(provider, key, manifest, () => catalogue.confirm());
    return sealedCopy(key, manifest, this.#pool.storedBytes);
  }

  /** What was written is removed by the sweep. */
  async abort(): Promise<void> {}

  /** Nothing is named by the pool or by a tree before it is durable and was read back. */
  async #seal(): Promise<void> {
    const tree = this.#folders.tree(this.#options.head.backup.name);
    await syncAll([this.#work]);
    this.#options.signal.throwIfAborted();
    await this.#pool.settle();
    makeFolder(tree.slice(0, tree.lastIndexOf("/")));
    renameSync(bytesOf(`${this.#work}/tree`), bytesOf(tree));
    await syncAll([tree, this.#folders.contents]);
    await unlinkAll(this.#work);
  }

  #make(entry: Entry, path: string): void {
    const { type, content, target } = entry;
    tryHere(`${showPath(entry.path)} could not be kept`, () => {
      this.#makeParent(path);
      if (type === "file" && content !== undefined) this.#pool.link(content, path);
      else if (type === "directory") mkdirSync(bytesOf(path), { mode: 0o700 });
      else if (type === "symlink" && target !== undefined) {
        symlinkSync(bytesOf(target), bytesOf(path));
        this.#link = entry.path;
      }
    });
  }

  /** Not every source has entries for its folders. */
  #makeParent(path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent === this.#parent) return;
    makeFolder(parent);
    this.#parent = parent;
  }

  #check(path: string): void {
    const isPlain = path === "." || !/(?:^|\/)\.{0,2}(?:\/|$)|\0/.test(path);
    const isBelowLink = this.#link !== undefined && path.startsWith(`${this.#link}/`);
    if (isPlain && !isBelowLink) return;
    throw new RangeError(`${showPath(path)} is no path below a folder`);
  }
}

function sealedCopy(key: string, manifest: WrittenManifest, contents: number): SealedCopy {
  return {
    manifestKey: key,
    manifestSha256: manifest.sha256,
    manifestSize: manifest.size,
    storedBytes: contents + manifest.size,
    totals: manifest.head.totals,
    packs: [],
  };
}

import {
  copyFileSync,
  constants,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import { hash } from "node:crypto";
import { codeOf, placeError } from "../../providers/local-fs/trouble.ts";
import { LastgoodError } from "../../errors.ts";
import { PlaceError } from "../../providers/provider.ts";
import type { Content } from "../../manifest/entry.ts";
import { ContentFile, writeContent, writeStream } from "./content-file.ts";
import { bytesOf, makeFolder, type TreeFolders, tryHere } from "./folders.ts";
import { Turns } from "../../turns.ts";

export interface PoolOptions {
  readonly folders: TreeFolders;
  /** Of this backup alone: contents that are not in the pool yet, and links to those that are. */
  readonly aside: string;
  readonly onProgress: (bytes: number) => void;
  /** Links to one inode before a fresh one is made; by default what the file system allows. */
  readonly mostLinks?: number | undefined;
}

const couldNot = "content could not be kept";

/**
 * The contents that one backup adds to the pool or relies on. It holds a link to each of its own, so
 * that whoever tidies the pool meanwhile takes nothing away.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #madeFolders = new Set<string>();
  /** Inodes that took the place of one with too many links. */
  readonly #fresh = new Map<string, { readonly path: string; readonly content: Content }>();
  /** Links to the pool that were read and compared already. */
  readonly #compared = new Set<string>();
  #counter = 0;
  storedBytes = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async store(bytes: Uint8Array): Promise<Content> {
    const content: Content = {
      size: bytes.length,
      sha256: hash("sha256", bytes, "hex"),
      segments: [],
    };
    const path = this.#aside(content.sha256);
    this.#options.onProgress(bytes.length);
    if (await this.#takeFromPool(content, path)) return content;
    try {
      writeContent(path, bytes);
    } catch (error) {
      // This backup has stored the same before.
      if (codeOf(error) === "EEXIST") return content;
      throw placeError(error, couldNot);
    }
    this.storedBytes += bytes.length;
    return content;
  }

  async storeStream(bytes: AsyncIterable<Uint8Array>): Promise<Content> {
    const temporary = `${this.#options.aside}/stream.${this.#counter++}`;
    const content = await writeStream(temporary, bytes, this.#options.onProgress);
    const path = this.#aside(content.sha256);
    const isKnown = (await this.#takeFromPool(content, path)) || isThere(path);
    tryHere(couldNot, () =>
      isKnown ? unlinkSync(bytesOf(temporary)) : renameSync(bytesOf(temporary), bytesOf(path)),
    );
    if (!isKnown) this.storedBytes += content.size;
    return content;
  }

  keeps(content: Content): boolean {
    const stat = lstatSync(bytesOf(this.#options.folders.content(content.sha256)), {
      throwIfNoEntry: false,
    });
    return stat?.isFile() === true && stat.size === content.size;
  }

  /** Makes a name for content. */
  link(content: Content, path: string): void {
    const { sha256 } = content;
    const { folders } = this.#options;
    const fresh = this.#fresh.get(sha256);
    const own = fresh?.path ?? this.#aside(sha256);
    // An error of a call costs more than ten of them: asked first, tried then.
    const source = isThere(own) ? own : folders.content(sha256);
    const done = this.#tryLink(source, path);
    if (done === "linked") return;
    if (done === "full") return this.#linkFresh(source, content, path);
    throw new PlaceError("missing", `content ${sha256} is not in the pool any more`, {
      hint: "Somebody removed it while the backup ran; make the backup again.",
    });
  }

  /** Reads what is new and compares it with its name, then puts it into the pool. */
  async settle(): Promise<void> {
    const turns = new Turns();
    for (const folder of this.#madeFolders) {
      makeFolder(`${this.#options.folders.contents}/${folder}`);
      const names = readdirSync(bytesOf(`${this.#options.aside}/${folder}`), "latin1");
      for (const name of names) {
        if (!name.includes(".")) await this.#settleOne(name);
        if (turns.isOver) await turns.pass();
      }
    }
    for (const { path, content } of this.#fresh.values()) {
      await compare(path, content);
      this.#moveToPool(path, content.sha256);
    }
  }

  async #settleOne(sha256: string): Promise<void> {
    if (this.#compared.has(sha256)) return;
    const path = this.#aside(sha256);
    await compare(path, { sha256, size: lstatSync(bytesOf(path)).size, segments: [] });
    this.#moveToPool(path, sha256);
  }

  #moveToPool(path: string, sha256: string): void {
    tryHere(couldNot, () =>
      renameSync(bytesOf(path), bytesOf(this.#options.folders.content(sha256))),
    );
  }

  /** Holds what the pool has already; what is bad there is not taken, and replaced at the end. */
  async #takeFromPool(content: Content, path: string): Promise<boolean> {
    if (!this.keeps(content)) return false;
    const held = `${path}.${this.#counter++}`;
    const known = this.#options.folders.content(content.sha256);
    if (this.#tryLink(known, held) !== "linked") return false;
    try {
      await compare(held, content);
    } catch (error) {
      if (!(error instanceof LastgoodError)) throw error;
      return false;
    }
    tryHere(couldNot, () => renameSync(bytesOf(held), bytesOf(path)));
    this.#compared.add(content.sha256);
    return true;
  }

  #tryLink(source: string, path: string): "linked" | "absent" | "full" | "exists" {
    try {
      if (this.#isFull(source)) return "full";
      linkSync(bytesOf(source), bytesOf(path));
      return "linked";
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return "absent";
      if (code === "EMLINK") return "full";
      if (code === "EEXIST") return "exists";
      throw placeError(error, couldNot);
    }
  }

  #isFull(source: string): boolean {
    const { mostLinks } = this.#options;
    if (mostLinks === undefined) return false;
    return (lstatSync(bytesOf(source), { throwIfNoEntry: false })?.nlink ?? 0) >= mostLinks;
  }

  #linkFresh(source: string, content: Content, path: string): void {
    const copy = `${this.#aside(content.sha256)}.${this.#counter++}`;
    tryHere(couldNot, () => {
      copyFileSync(bytesOf(source), bytesOf(copy), constants.COPYFILE_EXCL);
      linkSync(bytesOf(copy), bytesOf(path));
    });
    this.storedBytes += content.size;
    this.#fresh.set(content.sha256, { path: copy, content });
  }

  #aside(sha256: string): string {
    const folder = sha256.slice(0, 2);
    if (!this.#madeFolders.has(folder)) {
      makeFolder(`${this.#options.aside}/${folder}`);
      this.#madeFolders.add(folder);
    }
    return `${this.#options.aside}/${folder}/${sha256}`;
  }
}

async function compare(path: string, content: Content): Promise<void> {
  const file = new ContentFile(path);
  try {
    await file.check(content);
  } finally {
    file.close();
  }
}

function isThere(path: string): boolean {
  return lstatSync(bytesOf(path), { throwIfNoEntry: false }) !== undefined;
}

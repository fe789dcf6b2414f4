import type { Content, Entry, ManifestBody, ManifestHead } from "../../manifest/entry.ts";
import type { ManifestReader } from "../../manifest/reader.ts";
import { PlaceError } from "../../providers/provider.ts";
import type { CopyReader, Finding, OpenCopyOptions, VerifyOptions } from "../layout.ts";
import { ContentFile } from "./content-file.ts";
import { foldersOf, type TreeFolders } from "./folders.ts";
import { verifyTree } from "./verify.ts";

/** Reads a copy that lies in plain folders. */
export class TreeReader implements CopyReader {
  readonly #options: OpenCopyOptions;
  readonly #manifest: ManifestReader;
  readonly #folders: TreeFolders;
  readonly #tree: string;

  constructor(options: OpenCopyOptions, manifest: ManifestReader) {
    this.#options = options;
    this.#manifest = manifest;
    this.#folders = foldersOf(options.provider);
    this.#tree = this.#folders.tree(manifest.head.backup.name);
  }

  get head(): ManifestHead {
    return this.#manifest.head;
  }

  async readBody(): Promise<ManifestBody> {
    return await this.#manifest.readBody();
  }

  entries(prefix?: string): AsyncIterable<Entry> {
    return this.#manifest.entries(prefix);
  }

  async find(path: string): Promise<Entry | undefined> {
    return await this.#manifest.find(path);
  }

  async *open(content: Content): AsyncGenerator<Uint8Array> {
    yield* readAndClose(await this.#openContent(content), content);
  }

  async readMany(
    entries: AsyncIterable<Entry> | Iterable<Entry>,
    visit: (entry: Entry, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    for await (const entry of entries) {
      const { content } = entry;
      if (content === undefined) continue;
      const file = new ContentFile(`${this.#tree}/${entry.path}`);
      try {
        await visit(entry, file.read(content));
      } finally {
        file.close();
      }
    }
  }

  verify(options: VerifyOptions): AsyncIterable<Finding> {
    const { provider, manifestKey } = this.#options;
    const copy = { provider, manifestKey, manifest: this.#manifest, folders: this.#folders };
    return verifyTree(copy, options);
  }

  /** From the pool; what that lost, or holds no more, is still in the tree. */
  async #openContent(content: Content): Promise<ContentFile> {
    try {
      return new ContentFile(this.#folders.content(content.sha256));
    } catch (error) {
      if (!(error instanceof PlaceError) || error.trouble !== "missing") throw error;
      for await (const entry of this.entries()) {
        if (entry.content?.sha256 !== content.sha256) continue;
        return new ContentFile(`${this.#tree}/${entry.path}`);
      }
      throw error;
    }
  }
}

async function* readAndClose(file: ContentFile, content: Content): AsyncGenerator<Uint8Array> {
  try {
    yield* file.read(content);
  } finally {
    file.close();
  }
}

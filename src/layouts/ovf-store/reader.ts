import { createHash } from "node:crypto";
import type { Content, Entry, ManifestBody, ManifestHead } from "../../manifest/entry.ts";
import { PlaceError } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import type { CopyReader, Finding, OpenCopyOptions, VerifyOptions } from "../layout.ts";
import { type Piece, readPieces } from "./pieces.ts";
import { readSideFile, type SideFile } from "./side-file.ts";
import { tarOf } from "./slots.ts";
import { verifyStore } from "./verify.ts";

type Store = NonNullable<SideFile["store"]>;
type EntryPiece = Piece & { readonly entry: Entry; readonly content: Content };

/** Reads a copy that is an OVF store. */
export class OvfStoreReader implements CopyReader {
  readonly head: ManifestHead;
  readonly #options: OpenCopyOptions;
  readonly #store: Store;
  readonly #tar: string;
  /** By sha256. */
  readonly #offsets: ReadonlyMap<string, number>;

  private constructor(options: OpenCopyOptions, head: ManifestHead, store: Store) {
    this.head = head;
    this.#options = options;
    this.#store = store;
    this.#tar = tarOf(options.manifestKey);
    this.#offsets = new Map(
      store.entries.map(({ entry, offset }) => [entry.content?.sha256 ?? "", offset]),
    );
  }

  /** @throws CorruptError; PlaceError, of kind `missing` where there is no side file */
  static async open(options: OpenCopyOptions): Promise<OvfStoreReader> {
    const { provider, manifestKey: key, manifestSize: size, manifestSha256 } = options;
    const { side, sha256 } = await readSideFile(provider, { key, size });
    if (sha256 !== manifestSha256 || side.store === undefined) {
      throw new CorruptError(`${key} is not the side file that the catalogue knows`);
    }
    return new OvfStoreReader(options, side.head, side.store);
  }

  async readBody(): Promise<ManifestBody> {
    return this.#store.body;
  }

  async *entries(prefix?: string): AsyncGenerator<Entry> {
    for (const { entry } of this.#store.entries) {
      if (prefix === undefined || entry.path === prefix) yield entry;
    }
  }

  async find(path: string): Promise<Entry | undefined> {
    return this.#store.entries.find(({ entry }) => entry.path === path)?.entry;
  }

  async *open(content: Content): AsyncGenerator<Uint8Array> {
    const pieces = [{ offset: this.#offsetOf(content), size: content.size }];
    for await (const [, bytes] of readPieces(this.#options.provider, this.#tar, pieces)) {
      yield* checked(bytes, content);
    }
  }

  async readMany(
    entries: AsyncIterable<Entry> | Iterable<Entry>,
    visit: (entry: Entry, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const pieces = readPieces(this.#options.provider, this.#tar, this.#piecesOf(entries));
    for await (const [{ entry, content }, bytes] of pieces) {
      await visit(entry, checked(bytes, content));
    }
  }

  verify(options: VerifyOptions): AsyncIterable<Finding> {
    const { provider, manifestKey, manifestSize } = this.#options;
    const { Size: size, sha256, entries } = this.#store;
    return verifyStore(
      {
        provider,
        manifestKey,
        manifestSize,
        tar: { key: this.#tar, size, sha256 },
        entries,
        reader: this,
      },
      options,
    );
  }

  async *#piecesOf(entries: AsyncIterable<Entry> | Iterable<Entry>): AsyncGenerator<EntryPiece> {
    for await (const entry of entries) {
      const { content } = entry;
      if (content === undefined) continue;
      yield { entry, content, offset: this.#offsetOf(content), size: content.size };
    }
  }

  #offsetOf({ sha256 }: Content): number {
    const offset = this.#offsets.get(sha256);
    if (offset !== undefined) return offset;
    throw new PlaceError("missing", `${this.#tar} has no content ${sha256}`);
  }
}

/** The bytes as they come. @throws CorruptError at their end where they are not those of the content */
async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  content: Content,
): AsyncGenerator<Uint8Array> {
  const sha256 = createHash("sha256");
  for await (const chunk of bytes) {
    sha256.update(chunk);
    yield chunk;
  }
  if (sha256.digest("hex") !== content.sha256) {
    throw new CorruptError("it is not stored as it was");
  }
}

import type { Content, Entry, ManifestBody } from "../../manifest/entry.ts";
import { manifestKey } from "../../manifest/form.ts";
import { ManifestWriter, storeManifest } from "../../manifest/writer.ts";
import type { SealedCopy, Sink, SinkOptions } from "../layout.ts";
import { ContentStore } from "./content-store.ts";
import { KeptPacks } from "./kept-packs.ts";

/** Keeps a copy in few large objects: frames of content in packs, and a manifest that names them. */
export class PackSink implements Sink {
  readonly #options: SinkOptions;
  readonly #kept: KeptPacks;
  readonly #store: ContentStore;
  readonly #writer: ManifestWriter;
  readonly #onAbort: () => void;

  private constructor(options: SinkOptions, kept: KeptPacks) {
    this.#options = options;
    this.#kept = kept;
    this.#store = new ContentStore(options, kept);
    this.#writer = new ManifestWriter({
      recipients: options.head.recipients,
      settle: (entries) => this.#settle(entries),
    });
    this.#onAbort = () => void this.#store.abort(options.signal.reason);
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Makes the catalogue hold the parent's packs for this backup, as far as they are still there. */
  static async open(options: SinkOptions): Promise<PackSink> {
    options.signal.throwIfAborted();
    const kept = new KeptPacks(options.catalogue, options.provider);
    if (isReusable(options)) await kept.ask(options.parent?.head.packs ?? []);
    return new PackSink(options, kept);
  }

  async store(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content> {
    return await this.#store.store(bytes);
  }

  keeps(content: Content): boolean {
    return this.#kept.holds(content);
  }

  async add(entry: Entry): Promise<void> {
    this.#options.signal.throwIfAborted();
    await this.#writer.add(entry);
  }

  async finish(body: ManifestBody): Promise<SealedCopy> {
    try {
      return await this.#seal(body);
    } catch (cause) {
      await this.#store.abort(cause);
      throw cause;
    } finally {
      this.#options.signal.removeEventListener("abort", this.#onAbort);
    }
  }

  async abort(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    await this.#store.abort(new DOMException("the backup was given up", "AbortError"));
  }

  async #seal(body: ManifestBody): Promise<SealedCopy> {
    const { head, provider, catalogue, signal } = this.#options;
    await this.#store.finish();
    await this.#writer.flush();
    signal.throwIfAborted();
    const manifest = await this.#writer.finish(
      { ...head, layout: "pack", packs: this.#kept.heads() },
      body,
    );
    const key = manifestKey(head.backup.name);
    await storeManifest(provider, key, manifest, () => catalogue.confirm());
    signal.throwIfAborted();
    return {
      manifestKey: key,
      manifestSha256: manifest.sha256,
      manifestSize: manifest.size,
      storedBytes: this.#store.storedBytes + manifest.size,
      totals: manifest.head.totals,
      packs: manifest.head.packs,
    };
  }

  async #settle(entries: readonly Entry[]): Promise<void> {
    for (const { content } of entries) {
      if (content === undefined) continue;
      const pending = this.#store.pending(content);
      if (pending !== undefined) await pending;
      this.#kept.use(content);
    }
  }
}

/** Content that others than the new recipients can read is not carried over; nor is a tree's. */
function isReusable({ parent, head }: SinkOptions): boolean {
  if (parent?.head.layout !== "pack") return false;
  const [before, now] = [parent.head.recipients, head.recipients];
  return before.length === now.length && before.every((recipient) => now.includes(recipient));
}

import type { Content, PackHead } from "../../manifest/entry.ts";
import type { Provider } from "../../providers/provider.ts";
import type { PackCatalogue } from "../layout.ts";
import { packKey } from "./pack-upload.ts";

/** Packs that a provider is asked for at once. */
const askedAtOnce = 16;

interface KeptPack {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** The packs that a backup may rely on, and which frames of them it uses. */
export class KeptPacks {
  readonly #catalogue: Pick<PackCatalogue, "usePacks">;
  readonly #provider: Pick<Provider, "stat"> | undefined;
  /** Packs that the catalogue holds for this backup; our own ones get their sizes when complete. */
  readonly #granted = new Map<string, KeptPack | undefined>();
  readonly #asked = new Map<string, Promise<void>>();
  /** Stored length of each used frame, by where it begins. */
  readonly #used = new Map<string, Map<number, number>>();

  /** @param provider where packs of earlier backups must still lie; undefined asks nobody */
  constructor(catalogue: Pick<PackCatalogue, "usePacks">, provider?: Pick<Provider, "stat">) {
    this.#catalogue = catalogue;
    this.#provider = provider;
  }

  /**
   * Asks the catalogue to hold these packs. Those that are gone are not granted, nor are those that
   * the provider has lost or cut short without anybody having noticed: their content is stored anew.
   */
  async ask(packs: readonly KeptPack[]): Promise<void> {
    if (packs.length === 0) return;
    const kept = new Set(await this.#catalogue.usePacks(packs.map(({ name }) => name)));
    const held = packs.filter(({ name }) => kept.has(name));
    for (let at = 0; at < held.length; at += askedAtOnce) {
      await Promise.all(held.slice(at, at + askedAtOnce).map((pack) => this.#grant(pack)));
    }
  }

  async #grant(pack: KeptPack): Promise<void> {
    if (this.#provider !== undefined) {
      const stored = await this.#provider.stat(packKey(pack.name));
      if (stored?.size !== pack.size) return;
    }
    this.#granted.set(pack.name, pack);
  }

  /** As {@link ask}, once for each pack. */
  async askOnce(pack: KeptPack): Promise<void> {
    if (this.#granted.has(pack.name)) return;
    let asking = this.#asked.get(pack.name);
    if (asking === undefined) {
      asking = this.ask([pack]);
      this.#asked.set(pack.name, asking);
    }
    await asking;
  }

  /** A pack of our own, before its first byte. */
  begin(name: string): void {
    this.#granted.set(name, undefined);
  }

  complete(pack: KeptPack): void {
    this.#granted.set(pack.name, pack);
  }

  holds(content: Content): boolean {
    return (
      (content.segments.length > 0 || content.size === 0) &&
      content.segments.every(({ pack }) => this.#granted.has(pack))
    );
  }

  /** Counts the frames of content as used by this backup. @throws RangeError where nobody holds them */
  use(content: Content): void {
    if (!this.holds(content)) {
      throw new RangeError(
        `content ${content.sha256} lies in packs that this backup does not hold`,
      );
    }
    for (const { pack, offset, frames } of content.segments) {
      let used = this.#used.get(pack);
      if (used === undefined) this.#used.set(pack, (used = new Map()));
      let at = offset;
      for (const length of frames) {
        used.set(at, length);
        at += length;
      }
    }
  }

  /** As the manifest names them; only those of which something is used. */
  heads(): PackHead[] {
    return [...this.#used].map(([name, frames]) => {
      const pack = this.#granted.get(name);
      if (pack === undefined) throw new RangeError(`pack ${name} is not complete`);
      let used = 0;
      for (const length of frames.values()) used += length;
      return { name, size: pack.size, sha256: pack.sha256, used };
    });
  }
}

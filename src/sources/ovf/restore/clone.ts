import type { Fresh } from "./fresh.ts";
import type { IdKind, MachineFacts } from "./machine-facts.ts";
import type { MachineCopy } from "./machine-copy.ts";
import type { Renaming } from "./tokens.ts";

/** What a copy is called in place of the machine that it is made of. */
export interface Clone extends Renaming {
  readonly id: string;
  readonly documentId: string;
  /** Of the copy of its template, if that is restored too and has another name. */
  readonly templateName: string | undefined;
}

/** Copies of templates by their old ids, and what else is followed by number of the copy. */
interface World {
  readonly templates: Map<string, string>;
  /** The ids of templates, their disks and images. */
  readonly followed: Map<string, string>;
  /** A disk that several machines have is one disk among their copies too. */
  readonly disks: Map<string, string>;
}

/**
 * Gives copies ids and MAC addresses of their own. Copy 2 of a machine belongs to copy 2 of its template,
 * and where there is none to the first.
 */
export class Cloning {
  readonly #ids: Fresh;
  readonly #macs: Fresh;
  readonly #worlds = new Map<number, World>();

  constructor(ids: Fresh, macs: Fresh) {
    this.#ids = ids;
    this.#macs = macs;
  }

  /** Of all copies, templates first; what they refer to is known only after that. */
  clone(copies: readonly MachineCopy[]): ReadonlyMap<MachineCopy, Clone> {
    const own = new Map(copies.map((copy) => [copy, this.#own(copy)]));
    return new Map([...own].map(([copy, ids]) => [copy, this.#finish(copy, ids)]));
  }

  #own(copy: MachineCopy): Map<string, string> {
    const { machine, number } = copy;
    const world = this.#world(number);
    const id = this.#ids.take();
    const own = new Map([machine.id, machine.documentId].map((old) => [old, id]));
    for (const [old, kind] of machine.facts.ids) {
      if (own.has(old)) continue;
      own.set(old, isOfDisk(kind) ? this.#diskId(world, number, old) : this.#ids.take());
    }
    if (machine.kind !== "template") return own;
    world.templates.set(machine.id, copy.name).set(machine.documentId, copy.name);
    for (const [old, renamed] of own) {
      if (renamed === id || isOfDisk(machine.facts.ids.get(old))) world.followed.set(old, renamed);
    }
    return own;
  }

  #diskId(world: World, number: number, old: string): string {
    const known = this.#followed(number, old) ?? world.disks.get(old);
    const id = known ?? this.#ids.take();
    world.disks.set(old, id);
    return id;
  }

  #finish({ machine, number }: MachineCopy, own: Map<string, string>): Clone {
    const { facts, id, documentId } = machine;
    const ids = new Map(own);
    for (const old of facts.references) {
      const renamed = this.#followed(number, old);
      if (renamed !== undefined) ids.set(old, renamed);
    }
    return {
      id: ids.get(id) ?? id,
      documentId: ids.get(documentId) ?? documentId,
      ids,
      macs: new Map(facts.macs.map((mac) => [mac, this.#macs.take()])),
      templateName: this.#templateName(facts, number),
    };
  }

  #templateName({ template }: MachineFacts, number: number): string | undefined {
    if (template === undefined) return undefined;
    return this.#nearest(number, ({ templates }) => templates.get(template));
  }

  #followed(number: number, old: string): string | undefined {
    return this.#nearest(number, ({ followed }) => followed.get(old));
  }

  #nearest(number: number, find: (world: World) => string | undefined): string | undefined {
    return find(this.#world(number)) ?? find(this.#world(1));
  }

  #world(number: number): World {
    const found = this.#worlds.get(number);
    if (found !== undefined) return found;
    const world = { templates: new Map(), followed: new Map(), disks: new Map() };
    this.#worlds.set(number, world);
    return world;
  }
}

function isOfDisk(kind: IdKind | undefined): boolean {
  return kind === "disk" || kind === "image";
}

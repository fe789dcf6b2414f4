import type { Sink } from "../../layouts/layout.ts";
import type { Missing } from "../../manifest/entry.ts";
import { BadDocument } from "./bad-document.ts";
import { parseDocument } from "./document.ts";
import type { FoundBad, FoundDocument, FoundUnchanged } from "./found.ts";
import type { Machine } from "./machine.ts";
import type { Parent } from "./parent.ts";

export interface InventoryOptions {
  /** Takes the documents; without one they are only looked at. */
  readonly sink?: Sink | undefined;
  readonly parent?: Parent | undefined;
  /** Whose documents alone are taken. */
  readonly group?: string | undefined;
}

/** Takes the documents of a source as they come, and sorts the bad from the good. */
export class Inventory {
  readonly #options: InventoryOptions;
  /** By id, with where each was found. */
  readonly #machines = new Map<string, { readonly machine: Machine; readonly foundAs: string }>();
  readonly #bad: FoundBad[] = [];

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  async add(found: FoundDocument | FoundBad | FoundUnchanged): Promise<void> {
    if ("reason" in found) {
      this.#bad.push(found);
      return;
    }
    try {
      const machine = "bytes" in found ? await this.#take(found) : this.#carry(found);
      this.#machines.set(machine.id, { machine, foundAs: found.name });
    } catch (error) {
      if (!(error instanceof BadDocument)) throw error;
      const { name, group } = found;
      this.#bad.push({ name, group, reason: error.message });
    }
  }

  /** In the order of their ids. */
  machines(): readonly Machine[] {
    return [...this.#machines.values()]
      .map(({ machine }) => machine)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What is bad, as far as it may belong to the group that is taken. */
  missing(): readonly Missing[] {
    return this.#bad
      .filter(({ group }) => group === undefined || this.#takes(group))
      .map(({ name, reason }) => ({ path: name, reason }));
  }

  /** All groups of the source, also those of which nothing could be read. */
  groups(): readonly string[] {
    const groups = new Set(this.machines().map(({ group }) => group));
    for (const { group } of this.#bad) if (group !== undefined) groups.add(group);
    return [...groups].toSorted();
  }

  #carry({ unchanged, group, groupId }: FoundUnchanged): Machine {
    const own = { ...unchanged, group: group ?? unchanged.group };
    const content = this.#takes(own.group) ? unchanged.content : undefined;
    return { ...own, groupId: groupId ?? unchanged.groupId, content };
  }

  async #take(found: FoundDocument): Promise<Machine> {
    const { bytes, mtime } = found;
    const document = parseDocument(bytes);
    const id = found.id ?? document.id;
    const twin = this.#machines.get(id);
    if (twin !== undefined) {
      throw new BadDocument(`its machine ${id} is also that of ${twin.foundAs}`);
    }
    return await this.#keep(bytes, {
      id,
      kind: document.kind,
      name: document.name,
      group: found.group ?? document.storagePoolId ?? "",
      groupId: found.groupId ?? document.storagePoolId,
      generation: found.generation ?? document.generation,
      documentId: document.id === id ? undefined : document.id,
      size: bytes.length,
      mtime,
      content: undefined,
    });
  }

  async #keep(bytes: Uint8Array, machine: Machine): Promise<Machine> {
    const { sink, parent } = this.#options;
    if (sink === undefined || !this.#takes(machine.group)) return machine;
    const same = parent?.findSame(machine, bytes);
    if (same === undefined) return { ...machine, content: await sink.store(bytes) };
    const { content, size, mtime } = same;
    return { ...machine, content, size, mtime };
  }

  #takes(group: string): boolean {
    return this.#options.group === undefined || this.#options.group === group;
  }
}

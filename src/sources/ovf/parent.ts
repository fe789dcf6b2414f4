import { hash } from "node:crypto";
import type { CopyReader, Sink } from "../../layouts/layout.ts";
import type { Content } from "../../manifest/entry.ts";
import { type Machine, machineOf } from "./machine.ts";

/** A machine whose document is still kept. */
export type KeptMachine = Machine & { readonly content: Content };

/** What an incremental backup builds on. */
export class Parent {
  readonly #kept: ReadonlyMap<string, KeptMachine>;

  private constructor(kept: ReadonlyMap<string, KeptMachine>) {
    this.#kept = kept;
  }

  static async read(reader: CopyReader, sink: Pick<Sink, "keeps">): Promise<Parent> {
    const { items } = await reader.readBody();
    const byPath = new Map(items.map((item) => [item.details?.["path"], item]));
    const kept = new Map<string, KeptMachine>();
    for await (const { path, content, mtime } of reader.entries()) {
      const item = byPath.get(path);
      if (item === undefined || content === undefined || !sink.keeps(content)) continue;
      const machine = machineOf(item, { content, mtime });
      if (machine !== undefined) kept.set(machine.id, machine);
    }
    return new Parent(kept);
  }

  /** A machine whose generation is the same: any other one is a change. Without one there is no telling. */
  find(id: string, generation: number | undefined): KeptMachine | undefined {
    const kept = this.#kept.get(id);
    return generation !== undefined && kept?.generation === generation ? kept : undefined;
  }

  /**
   * A machine whose document, which is at hand, need not be stored: by its generation or, where it has
   * none, by its bytes. One that has another name by now is not the same, whatever its generation says.
   */
  findSame(
    { id, kind, name, generation }: Pick<Machine, "id" | "kind" | "name" | "generation">,
    bytes: Uint8Array,
  ): KeptMachine | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.kind !== kind || kept.name !== name) return undefined;
    const isSame =
      generation === undefined
        ? kept.content.sha256 === hash("sha256", bytes, "hex")
        : kept.generation === generation;
    return isSame ? kept : undefined;
  }
}

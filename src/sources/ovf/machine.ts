import type { Content, Item } from "../../manifest/entry.ts";

/** A machine or a template, with its document. */
export interface Machine {
  /** In lower case. */
  readonly id: string;
  readonly kind: "vm" | "template";
  /** As it calls itself; others may have the same. */
  readonly name: string;
  /** The data centre; '' where nobody tells. */
  readonly group: string;
  readonly groupId: string | undefined;
  readonly generation: number | undefined;
  /** Where the document gives the machine another id than its source. */
  readonly documentId: string | undefined;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Undefined where it is not in this copy. */
  readonly content: Content | undefined;
}

/** Where the document of a machine lies in a backup. */
export function entryPath(id: string): string {
  return `${id}.ovf`;
}

/** Machines as they can be picked: of several with one name, the further ones are called by their id too. */
export function itemsOf(
  machines: readonly Machine[],
  statuses: ReadonlyMap<string, number>,
): readonly { readonly item: Item; readonly machine: Machine }[] {
  const taken = new Set<string>();
  return machines.map((machine) => {
    const { id, kind, name, group, groupId, generation, documentId, size } = machine;
    const unique = taken.has(`${kind} ${name}`) ? `${name} (${id})` : name;
    taken.add(`${kind} ${unique}`);
    const details = {
      id,
      group,
      ...(groupId === undefined ? undefined : { groupId }),
      ...(generation === undefined ? undefined : { generation }),
      path: entryPath(id),
      ...(statuses.has(id) ? { status: statuses.get(id) } : undefined),
      ...(unique === name ? undefined : { name }),
      ...(documentId === undefined ? undefined : { documentId }),
    };
    return { machine, item: { kind, name: unique, sizeBytes: size, details } };
  });
}

/** The machine of an item, as {@link itemsOf} made it; undefined for an item of something else. */
export function machineOf(
  { kind, name, details = {} }: Item,
  { content, mtime }: { readonly content: Content; readonly mtime: bigint },
): (Machine & { readonly content: Content }) | undefined {
  const { id, generation } = details;
  if (typeof id !== "string" || (kind !== "vm" && kind !== "template")) return undefined;
  return {
    id,
    kind,
    name: textOf(details["name"]) ?? name,
    group: textOf(details["group"]) ?? "",
    groupId: textOf(details["groupId"]),
    generation: typeof generation === "number" ? generation : undefined,
    documentId: textOf(details["documentId"]),
    size: content.size,
    mtime,
    content,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

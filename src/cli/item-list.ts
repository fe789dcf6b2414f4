import type { PickableItem } from "../backup/items.ts";
import { formatBytes } from "../format.ts";
import { type Io, print } from "../io.ts";

/** A line an item, as they come: a tree may have millions. */
export async function printItems(io: Io, items: AsyncIterable<PickableItem>): Promise<void> {
  for await (const { id, kind, name, size_bytes: size, machine } of items) {
    const columns = [
      id === undefined ? "" : String(id).padEnd(6),
      kind.padEnd(9),
      (size === null ? "-" : formatBytes(size)).padStart(8),
      name,
      ...(machine === undefined ? [] : describeMachine(machine)),
    ];
    const line = columns.filter((column) => column !== "").join("  ");
    print(io, line.replaceAll(/\p{Cc}/gu, "?"));
  }
}

function describeMachine({
  id,
  group,
  generation,
}: NonNullable<PickableItem["machine"]>): string[] {
  return [
    id,
    group === "" ? "of no group" : `group ${group}`,
    generation === undefined ? "" : `generation ${generation}`,
  ];
}

/** One JSON document, written as the items come. */
export async function printJson(io: Io, items: AsyncIterable<PickableItem>): Promise<void> {
  let separator = "[";
  for await (const item of items) {
    io.stdout.write(`${separator}\n  ${JSON.stringify(withAllFields(item))}`);
    separator = ",";
  }
  print(io, separator === "[" ? "[]" : "\n]");
}

/** What an item does not have is null: every element has the same fields. */
function withAllFields(item: PickableItem): object {
  const { id = null, kind, name, size_bytes, sha256 = null, mtime = null, machine } = item;
  const { id: machineId = null, group = null, generation = null } = machine ?? {};
  return { id, kind, name, size_bytes, sha256, mtime, machine_id: machineId, group, generation };
}

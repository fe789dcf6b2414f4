import type { PickableItem } from "../backup/items.ts";
import { formatBytes } from "../format.ts";
import { type Io, print } from "../io.ts";

/** A line an item, as they come: a tree may have millions. */
export async function printItems(io: Io, items: AsyncIterable<PickableItem>): Promise<void> {
  for await (const { id, kind, name, size_bytes: size } of items) {
    const columns = [
      id === undefined ? "" : String(id).padEnd(6),
      kind.padEnd(9),
      (size === null ? "-" : formatBytes(size)).padStart(8),
      name.replaceAll(/\p{Cc}/gu, "?"),
    ];
    print(io, columns.filter((column) => column !== "").join("  "));
  }
}

/** One JSON document, written as the items come. */
export async function printJson(io: Io, items: AsyncIterable<PickableItem>): Promise<void> {
  let separator = "[";
  for await (const { id, kind, name, size_bytes, sha256, mtime } of items) {
    // What an item does not have is null: every element has the same fields.
    const item = { id: id ?? null, kind, name, size_bytes, sha256: sha256 ?? null };
    io.stdout.write(`${separator}\n  ${JSON.stringify({ ...item, mtime: mtime ?? null })}`);
    separator = ",";
  }
  print(io, separator === "[" ? "[]" : "\n]");
}

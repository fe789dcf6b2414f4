import checkbox, { Separator } from "@inquirer/checkbox";
import type { Io } from "../io.ts";
import type { ListedItem } from "../restore/pick.ts";
import type { Inventory } from "../sources/ovf/restore/inventory.ts";
import { formatBytes } from "../format.ts";

/**
 * Lets a person pick items on a terminal; their names, none for all of it. Machines that exist
 * according to the inventory are marked.
 */
export async function pickOnTerminal(
  io: Io,
  items: readonly ListedItem[],
  inventory?: Inventory,
): Promise<string[]> {
  const rowOf = rowsFor(items, inventory);
  const valueOf = valuesFor(items);
  return await checkbox(
    {
      message: "What is to be restored? (nothing picked: all of it)",
      pageSize: 20,
      choices: [
        ...items.map((item) => ({
          value: valueOf(item),
          name: shown(rowOf(item)),
          short: shown(item.name),
        })),
        new Separator(),
      ],
    },
    { input: io.stdin, output: io.stderr as NodeJS.WritableStream, signal: io.signal },
  );
}

/** The name or, where others have it too, the id of a machine. */
function valuesFor(items: readonly ListedItem[]): (item: ListedItem) => string {
  const byName = Map.groupBy(items, ({ name }) => name);
  return ({ name, details }) => {
    const id = details?.["id"];
    return typeof id === "string" && byName.get(name)?.length !== 1 ? id : name;
  };
}

function rowsFor(
  items: readonly ListedItem[],
  inventory: Inventory | undefined,
): (item: ListedItem) => string {
  const machines = items.map((item) => machineOf(item)).filter((each) => each !== undefined);
  const widths = ["name", "group"] as const;
  const [name, group] = widths.map((key) =>
    Math.max(0, ...machines.map((each) => each[key].length)),
  );
  const names = new Set(inventory?.machines?.values());
  return (item) => {
    const kind = item.kind.padEnd(9);
    const machine = machineOf(item);
    if (machine === undefined) return `${kind} ${item.name}${sizeOf(item)}`;
    const exists = inventory?.machines?.has(machine.id) === true || names.has(machine.documentName);
    const columns = [
      machine.name.padEnd(name ?? 0),
      machine.group.padEnd(group ?? 0),
      `generation ${machine.generation}`,
      ...(exists ? ["exists"] : []),
    ];
    return `${kind} ${columns.join("  ")}`;
  };
}

interface MachineRow {
  readonly id: string;
  readonly name: string;
  readonly documentName: string;
  readonly group: string;
  readonly generation: string;
}

function machineOf({ kind, name, details = {} }: ListedItem): MachineRow | undefined {
  if (kind !== "vm" && kind !== "template") return undefined;
  const text = (key: string): string | undefined => {
    const value = details[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  return {
    id: text("id") ?? "",
    name,
    documentName: text("name") ?? name,
    group: text("group") || "-",
    generation: text("generation") ?? "-",
  };
}

function sizeOf({ sizeBytes }: ListedItem): string {
  return sizeBytes === undefined ? "" : `  (${formatBytes(sizeBytes)})`;
}

/** Names come from what was backed up: they must not steer the terminal. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

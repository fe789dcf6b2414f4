import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { pickOnTerminal } from "../../src/cli/picker.ts";
import type { ListedItem } from "../../src/restore/pick.ts";
import type { Inventory } from "../../src/sources/ovf/restore/inventory.ts";
import { testIo } from "../support/io.ts";
import { ovfId } from "../support/ovf.ts";
import { waitFor } from "../support/wait.ts";

const items: ListedItem[] = [
  { id: 1, kind: "database", name: "shop", sizeBytes: 2000 },
  { id: 2, kind: "table", name: "shop.public.orders", sizeBytes: 1500 },
];

/** What a person sees, and keys that the person presses. */
async function press(
  listed: readonly ListedItem[],
  inventory: Inventory | undefined,
  ...keys: string[]
): Promise<{ seen: string; picked: string[] }> {
  const stdin = new PassThrough();
  const stderr = new PassThrough();
  let seen = "";
  stderr.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  const picking = pickOnTerminal({ ...testIo({ env: {} }), stdin, stderr }, listed, inventory);
  await waitFor(() => seen.includes(listed.at(-1)?.name ?? ""), { what: "the list" });
  for (const key of keys) stdin.write(key);
  return { picked: await picking, seen };
}

test("items are picked with the keys of a terminal, and shown with kind and size", async () => {
  const { picked, seen } = await press(items, undefined, "\u001B[B", " ", "\r");
  expect(picked).toEqual(["shop.public.orders"]);
  expect(seen).toContain("table     shop.public.orders  (1.50 kB)");
});

test("nothing picked is all of it", async () => {
  expect((await press(items, undefined, "\r")).picked).toEqual([]);
});

const machine = (id: number, name: string, more: Partial<ListedItem> = {}): ListedItem => ({
  id,
  kind: "vm",
  name,
  details: { id: ovfId(id), group: "DC1", generation: id },
  ...more,
});

describe("machines", () => {
  const machines = [
    machine(1, "web01"),
    machine(2, "db01", { details: { id: ovfId(2), group: "", path: "x" } }),
    machine(3, "base", { kind: "template" }),
    machine(4, "base"),
  ];

  const inventory: Inventory = {
    machines: new Map([
      [ovfId(9), "web01"],
      [ovfId(3), "renamed"],
    ]),
    disks: undefined,
    networks: undefined,
    macs: undefined,
  };

  test("are shown with kind, group, generation and whether they exist", async () => {
    const { seen } = await press(machines, inventory, "\r");
    const lines = stripVTControlCharacters(seen).split("\n");
    const rows = lines.flatMap((line) => /(?:vm|template) .*/.exec(line)?.[0].trimEnd() ?? []);
    expect(rows.slice(0, 4)).toEqual([
      "vm        web01  DC1  generation 1  exists",
      "vm        db01   -    generation -",
      "template  base   DC1  generation 3  exists",
      "vm        base   DC1  generation 4",
    ]);
  });

  test("are picked by name, or by id where others have the name too", async () => {
    const { picked } = await press(machines, undefined, " ", "\u001B[B", "\u001B[B", " ", "\r");
    expect(picked).toEqual(["web01", ovfId(3)]);
  });

  test("cannot steer the terminal with their names", async () => {
    const { seen } = await press([machine(1, "a\u001B[2Jb"), machine(2, "b")], undefined, "\r");
    expect(seen).toContain("a?[2Jb");
  });
});

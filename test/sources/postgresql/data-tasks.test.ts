import { expect, test } from "vitest";
import { CorruptError } from "../../../src/layouts/errors.ts";
import type { Entry } from "../../../src/manifest/entry.ts";
import { loadTasks } from "../../../src/sources/postgresql/data-tasks.ts";
import type { GraphEntry } from "../../../src/sources/postgresql/graph.ts";
import { entryOf } from "../../layouts/support.ts";

function rows(dumpId: number, name: string): GraphEntry {
  const data = { schema: "public", name, columns: ["id"] };
  return { dumpId, class: 0, oid: 0, kind: "TABLE DATA", label: name, needs: [], data };
}

function file(path: string, size: number): Entry {
  return entryOf(path, { content: { size, sha256: "0".repeat(64), segments: [] } });
}

const entries = [rows(7, "orders"), rows(8, "customers")];

test("each table is paired with its file", () => {
  const tasks = loadTasks([file("shop/7.dat", 10), file("shop/8.dat", 2_000_000)], entries);
  expect(tasks.map((task) => task.map(({ table }) => table.name))).toEqual([
    ["customers"],
    ["orders"],
  ]);
});

test("a table whose rows are nowhere is never restored without them", () => {
  expect(() => loadTasks([file("shop/7.dat", 10)], entries)).toThrow(CorruptError);
  expect(() => loadTasks([file("shop/7.dat", 10)], entries)).toThrow("public.customers");
});

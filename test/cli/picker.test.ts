import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { pickOnTerminal } from "../../src/cli/picker.ts";
import type { ListedItem } from "../../src/restore/pick.ts";
import { testIo } from "../support/io.ts";
import { waitFor } from "../support/wait.ts";

const items: ListedItem[] = [
  { id: 1, kind: "database", name: "shop", sizeBytes: 2000 },
  { id: 2, kind: "table", name: "shop.public.orders", sizeBytes: 1500 },
];

/** What a person sees, and keys that the person presses. */
async function press(...keys: string[]): Promise<{ seen: string; picked: string[] }> {
  const stdin = new PassThrough();
  const stderr = new PassThrough();
  let seen = "";
  stderr.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  const picking = pickOnTerminal({ ...testIo({ env: {} }), stdin, stderr }, items);
  await waitFor(() => seen.includes("shop.public.orders"), { what: "the list" });
  for (const key of keys) stdin.write(key);
  return { picked: await picking, seen };
}

test("items are picked with the keys of a terminal, and shown with kind and size", async () => {
  const { picked, seen } = await press("\u001B[B", " ", "\r");
  expect(picked).toEqual(["shop.public.orders"]);
  expect(seen).toContain("table     shop.public.orders  (1.50 kB)");
});

test("nothing picked is all of it", async () => {
  expect((await press("\r")).picked).toEqual([]);
});

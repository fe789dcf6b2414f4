import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { addFiles, addVault, usePlace } from "../backup/support.ts";
import { names, readPage, tableBelow } from "./support.ts";

const page = readPage("docs/scripting.md");
const place = usePlace();
let vault = "";
let source = "";
let id = "";
let count = 0;

beforeEach(async () => {
  count += 1;
  [vault, source] = [`vault${count}`, `notes${count}`];
  const folder = join(place.folder, "notes");
  await mkdir(folder);
  await writeFile(join(folder, "a"), "hello");
  await addFiles(place, source, folder);
  await addVault(place, vault);
  id = await place.ok("backup", "create", source, "--provider", vault);
});

function fields(heading: string): string[] {
  return names(tableBelow(page, heading)).toSorted();
}

/** The keys of a document, of each of its elements where it is a list. */
async function keysOf(...args: string[]): Promise<string[]> {
  const document = await place.json<object | readonly object[]>(...args);
  const documents = Array.isArray(document) ? (document as readonly object[]) : [document];
  expect(documents).not.toEqual([]);
  const all = documents.map((each) => Object.keys(each).toSorted());
  for (const keys of all) expect(keys).toEqual(all[0]);
  return all[0] ?? [];
}

test("backups and their copies have the fields of the page", async () => {
  expect(await keysOf("backup", "list")).toEqual(fields("### A backup"));
  expect(await keysOf("backup", "show", id)).toEqual(fields("### A backup"));
  const { copies } = await place.json<{ copies: object[] }>("backup", "show", id);
  expect(Object.keys(copies[0] ?? {}).toSorted()).toEqual(fields("### A copy"));
});

test("so has what is said of taking, looking into and verifying one", async () => {
  expect(await keysOf("backup", "create", source, "--provider", vault)).toEqual(
    fields("### `lastgood backup create --json`"),
  );
  expect(await keysOf("backup", "items", id)).toEqual(fields("### `lastgood backup items --json`"));
  expect(await keysOf("backup", "verify", id)).toEqual(
    fields("### `lastgood backup verify --json`"),
  );
});

test("so have restores", async () => {
  const target = ["--to", join(place.folder, "target")];
  const create = fields("### `lastgood restore create --json`");
  expect(await keysOf("restore", "create", id, ...target, "--dry-run")).toEqual(create);
  expect(await keysOf("restore", "create", id, ...target)).toEqual(create);
  expect(await keysOf("restore", "list")).toEqual(fields("### A restore"));
  const [newest] = await place.json<{ id: number }[]>("restore", "list");
  expect(await keysOf("restore", "show", String(newest?.id))).toEqual(fields("### A restore"));
});

test("so have providers and sources", async () => {
  expect(await keysOf("provider", "list")).toEqual(fields("### A provider"));
  expect(await keysOf("provider", "show", vault)).toEqual(fields("### A provider"));
  expect(await keysOf("provider", "check", vault)).toEqual(
    fields("### `lastgood provider check --json`"),
  );
  expect(await keysOf("source", "list")).toEqual(fields("### A source"));
  expect(await keysOf("source", "show", source)).toEqual(fields("### A source"));
  expect(await place.json("source", "check", source)).toEqual(
    expect.arrayContaining([expect.any(String)]),
  );
});

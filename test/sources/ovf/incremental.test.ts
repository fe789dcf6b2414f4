import { rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { MemoryCopy, runContext } from "../files/support.ts";
import { backUpOvf } from "../../../src/sources/ovf/back-up.ts";
import { addVault, usePlace } from "../../backup/support.ts";
import { commonMachine, makeOvf, type OvfOptions, ovfId } from "../../support/ovf.ts";
import { addOvf, takeBackup, writeDocuments } from "./support.ts";

const place = usePlace();

/** Backs up a folder of these documents into memory, with what is kept of the parent. */
async function take(
  documents: Readonly<Record<string, OvfOptions | Buffer>>,
  parent?: MemoryCopy,
): Promise<MemoryCopy> {
  const folder = await writeDocuments(place, documents);
  const sink = new MemoryCopy();
  for (const [sha256, bytes] of parent?.contents ?? []) sink.contents.set(sha256, bytes);
  sink.body = await backUpOvf({
    settings: { path: folder },
    sink,
    ...(parent ? { parent } : {}),
    context: await runContext(place.folder),
    excludeTables: [],
  });
  return sink;
}

/** The text of a machine's document, that generations and dates are read from. */
function textOf(copy: MemoryCopy, number: number): string {
  return copy.text(`${ovfId(number)}.ovf`) ?? "";
}

let first: MemoryCopy;

beforeEach(async () => {
  first = await take({
    "a.ovf": commonMachine(1, { generation: 5 }),
    "b.ovf": commonMachine(2, { generation: 5 }),
    "c.ovf": commonMachine(3, { generation: null }),
  });
});

test("a full backup stores every document", () => {
  expect(first.stores).toBe(3);
});

test("nothing is stored where no generation changed", async () => {
  const second = await take({}, first);
  expect(second.stores).toBe(0);
  expect(second.list.map(({ path, content }) => [path, content])).toEqual(
    first.list.map(({ path, content }) => [path, content]),
  );
  expect(second.body.items).toEqual(first.body.items);
});

test("a document that was dated anew, in the same generation, is carried as it was", async () => {
  const dated = makeOvf(commonMachine(1, { generation: 5 })).replace("13:00:00", "14:00:00");
  const second = await take({ "a.ovf": Buffer.from(dated) }, first);
  expect(second.stores).toBe(0);
  expect(textOf(second, 1)).toContain("13:00:00");
  expect(second.entry(`${ovfId(1)}.ovf`).mtime).toBe(first.entry(`${ovfId(1)}.ovf`).mtime);
});

test.for([
  ["went on", { generation: 6 }],
  ["went back", { generation: 4 }],
  ["is gone", { generation: null }],
  ["is the same, of a machine of another name", { generation: 5, name: "other" }],
  ["is the same, of what is a template by now", { generation: 5, isTemplate: true }],
] as const)("a document is stored anew whose generation %s", async ([, change]) => {
  const changed = commonMachine(1, change);
  const second = await take({ "a.ovf": changed }, first);
  expect(second.stores).toBe(1);
  expect(textOf(second, 1)).toBe(makeOvf(changed));
});

test("one that had no generation and has one is stored anew", async () => {
  const second = await take({ "c.ovf": commonMachine(3, { generation: 1 }) }, first);
  expect(second.stores).toBe(1);
});

test("one without a generation is compared by its bytes", async () => {
  const same = await take({}, first);
  expect(same.stores).toBe(0);
  const text = makeOvf(commonMachine(3, { generation: null })).replace("13:00:00", "14:00:00");
  const changed = await take({ "c.ovf": Buffer.from(text) }, first);
  expect(changed.stores).toBe(1);
  expect(textOf(changed, 3)).toContain("14:00:00");
});

test("one that moved to another data center belongs to that, and is not stored again", async () => {
  const machine = commonMachine(1, { generation: 5 });
  await rm(join(place.folder, "ovf", "a.ovf"));
  const second = await take({ "DC7/a.ovf": machine }, first);
  expect(second.stores).toBe(0);
  expect(second.body.items[0]?.details?.["group"]).toBe("DC7");
});

test("a machine that is gone is gone from the next backup, and a new one is in it", async () => {
  await rm(join(place.folder, "ovf", "a.ovf"));
  const second = await take({ "d.ovf": commonMachine(4) }, first);
  expect(second.stores).toBe(1);
  expect(second.body.items.map(({ name }) => name)).toEqual(["vm2", "vm3", "vm4"]);
});

test("what is not kept any more is stored anew", async () => {
  const [path] = first.paths();
  first.contents.delete(first.entry(path ?? "").content?.sha256 ?? "");
  const second = await take({}, first);
  expect(second.stores).toBe(1);
});

test("a third backup carries what the second one carried", async () => {
  const second = await take({ "b.ovf": commonMachine(2, { generation: 6 }) }, first);
  const third = await take({ "c.ovf": commonMachine(3, { generation: 9 }) }, second);
  expect([second.stores, third.stores]).toEqual([1, 1]);
  expect(textOf(third, 1)).toBe(makeOvf(commonMachine(1, { generation: 5 })));
});

test("lastgood backup create --incremental stores what changed, and restores all of it", async () => {
  const path = await writeDocuments(place, {
    "a.ovf": commonMachine(1, { description: "x".repeat(5000) }),
  });
  await addVault(place, "vault");
  await addOvf(place, "vms", `path=${path}`);
  const full = await takeBackup(place, "vms", "--provider", "vault");
  await writeDocuments(place, { "b.ovf": commonMachine(2, { generation: 9 }) });
  const next = await takeBackup(place, "vms", "--provider", "vault", "--incremental");
  expect(next.backup).toMatchObject({ type: "incremental", parent_id: full.backup.id, entries: 3 });
  expect(next.backup.state).toBe("COMPLETE");
  const target = join(place.folder, "restored");
  const verified = await place.ok(["backup", "verify", `${next.backup.id}`, "--level", "restore"]);
  expect(verified).toContain("restore  ok");
  await place.ok("restore", "create", `${next.backup.id}`, "--to", target);
});

test("a source with a document that is always bad is backed up incrementally all the same", async () => {
  const path = await writeDocuments(place, {
    "bad.ovf": "no XML",
  });
  await addVault(place, "partial");
  await addOvf(place, "worn", `path=${path}`);
  const full = await takeBackup(place, "worn", "--provider", "partial", "--incremental");
  expect(full.backup).toMatchObject({ type: "full", state: "PARTIAL", entries: 3 });
  const next = await takeBackup(place, "worn", "--provider", "partial", "--incremental");
  const built = { type: "incremental", parent_id: full.backup.id };
  expect(next.backup).toMatchObject({ ...built, state: "PARTIAL", entries: 3 });
  expect(next.missing).toEqual(full.missing);
  await writeDocuments(place, { "bad.ovf": commonMachine(4) });
  const last = await takeBackup(place, "worn", "--provider", "partial", "--incremental");
  expect(last.backup).toMatchObject({ type: "incremental", state: "COMPLETE", entries: 4 });
  expect(last.backup.parent_id).toBe(next.backup.id);
  const verified = await place.ok(["backup", "verify", `${last.backup.id}`, "--level", "restore"]);
  expect(verified).toContain("restore  ok");
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { addVault, usePlace } from "../../backup/support.ts";
import { commonMachine, makeOvf, ovfId, type OvfOptions } from "../../support/ovf.ts";
import { addOvf, takeBackup, writeDocuments } from "./support.ts";

const place = usePlace();
let count = 0;
let [name, vault] = ["", ""];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`vms${count}`, `vault${count}`];
  await addVault(place, vault);
});

function size(options: OvfOptions): number {
  return Buffer.byteLength(makeOvf(options));
}

test("each document of a folder is an item with its group and generation, and restored as it was", async () => {
  const documents = {
    "DC1/web.ovf": commonMachine(2, { name: "web", generation: 7 }),
    "DC2/db.ovf": commonMachine(1, { name: "db", style: "old-engine" }),
    "base.ovf": commonMachine(3, { name: "base", isTemplate: true, style: "ova" }),
    "diskless.ovf": commonMachine(4, { disks: [], generation: null }),
  };
  const path = await writeDocuments(place, documents);
  await addOvf(place, name, `path=${path}`);
  const { backup, items, status, missing } = await takeBackup(place, name, "--provider", vault);
  expect({ state: backup.state, status, missing }).toEqual({
    state: "COMPLETE",
    status: 0,
    missing: [],
  });
  const pool = ovfId(1, 9);
  expect(items).toEqual([
    {
      kind: "vm",
      name: "db",
      sizeBytes: size(documents["DC2/db.ovf"]),
      details: {
        id: ovfId(1),
        group: "DC2",
        groupId: pool,
        generation: 1,
        path: `${ovfId(1)}.ovf`,
      },
    },
    {
      kind: "vm",
      name: "web",
      sizeBytes: size(documents["DC1/web.ovf"]),
      details: {
        id: ovfId(2),
        group: "DC1",
        groupId: pool,
        generation: 7,
        path: `${ovfId(2)}.ovf`,
      },
    },
    {
      kind: "template",
      name: "base",
      sizeBytes: size(documents["base.ovf"]),
      details: { id: ovfId(3), group: pool, groupId: pool, generation: 1, path: `${ovfId(3)}.ovf` },
    },
    {
      kind: "vm",
      name: "vm4",
      sizeBytes: size(documents["diskless.ovf"]),
      details: { id: ovfId(4), group: "", path: `${ovfId(4)}.ovf` },
    },
  ]);
  const target = join(place.folder, "restored");
  await place.ok([
    "restore",
    "create",
    `${backup.id}`,
    "--to",
    target,
    "--item",
    "web",
    "--register",
  ]);
  expect(await readFile(join(target, `${ovfId(2)}.ovf`), "utf8")).toBe(
    makeOvf(documents["DC1/web.ovf"]),
  );
});

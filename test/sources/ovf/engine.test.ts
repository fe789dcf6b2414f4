import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addVault, usePlace } from "../../backup/support.ts";
import { emptyDatabase, type TestDatabase } from "../../support/database.ts";
import {
  brokenDocuments,
  commonMachine,
  makeOvf,
  type OvfOptions,
  ovfId,
} from "../../support/ovf.ts";
import { addOvf, takeBackup } from "./support.ts";

const place = usePlace();
let engine: TestDatabase;
let client: Client;
let count = 0;
let name = "";

beforeAll(async () => {
  engine = await emptyDatabase();
  client = await engine.connect();
});
afterAll(async () => engine.drop());

beforeEach(async () => {
  count += 1;
  name = `engine${count}`;
  await client.query(`
    drop table if exists vm_ovf_generations, storage_pool, vm_dynamic;
    create table vm_ovf_generations (
      vm_guid uuid primary key,
      storage_pool_id uuid,
      ovf_generation bigint default 0,
      ovf_data text
    )`);
  place.env["LASTGOOD_SECRET_ENGINE"] = engine.url;
  await addVault(place, name);
  await addOvf(place, name, "url=secret:ENGINE");
});

const [pool1, pool2] = [ovfId(1, 9), ovfId(2, 9)];

async function put(
  number: number,
  options: Partial<OvfOptions> = {},
  data?: string | null,
): Promise<void> {
  const machine = commonMachine(number, options);
  await client.query(
    `insert into vm_ovf_generations values ($1, $2, $3, $4)
     on conflict (vm_guid) do update
     set storage_pool_id = $2, ovf_generation = $3, ovf_data = $4`,
    [
      ovfId(number),
      machine.storagePoolId ?? null,
      machine.generation ?? 1,
      data === undefined ? makeOvf(machine) : data,
    ],
  );
}

async function addPools(): Promise<void> {
  await client.query("create table storage_pool (id uuid primary key, name varchar(40) not null)");
  await client.query("insert into storage_pool values ($1, 'DC1'), ($2, 'DC2')", [pool1, pool2]);
}

async function addStatuses(): Promise<void> {
  await client.query("create table vm_dynamic (vm_guid uuid primary key, status integer not null)");
  await client.query("insert into vm_dynamic values ($1, 1), ($2, 0)", [ovfId(1), ovfId(2)]);
}

const backUp = (...options: readonly string[]): ReturnType<typeof takeBackup> =>
  takeBackup(place, name, "--provider", name, ...options);

test("every row is an item, with the name of its storage pool and its state", async () => {
  await addPools();
  await addStatuses();
  await put(1, { generation: 3, name: "web" });
  await put(2, { storagePoolId: pool2 });
  await put(3, { isTemplate: true });
  const { backup, items } = await backUp();
  expect(backup.state).toBe("COMPLETE");
  expect(backup.versions["server"]).toMatch(/^\d+/);
  expect(items.map(({ kind, name: called, details }) => [kind, called, details])).toEqual([
    [
      "vm",
      "web",
      {
        id: ovfId(1),
        group: "DC1",
        groupId: pool1,
        generation: 3,
        path: `${ovfId(1)}.ovf`,
        status: 1,
      },
    ],
    [
      "vm",
      "vm2",
      { id: ovfId(2), group: "DC2", groupId: pool2, generation: 1, path: `${ovfId(2)}.ovf` },
    ],
    [
      "template",
      "vm3",
      { id: ovfId(3), group: "DC1", groupId: pool1, generation: 1, path: `${ovfId(3)}.ovf` },
    ],
  ]);
  expect(backup.groups).toEqual(["DC1", "DC2"]);
  const verified = await place.ok("backup", "verify", `${backup.id}`, "--level", "decode");
  expect(verified).toContain("decode  ok");
});

test("without the other tables groups are the ids of pools, else what the document says", async () => {
  await put(1);
  await client.query("insert into vm_ovf_generations values ($1, null, 4, $2)", [
    ovfId(2),
    makeOvf(commonMachine(2, { storagePoolId: pool2 })),
  ]);
  const { items } = await backUp();
  expect(items.map((item) => item.details?.["group"])).toEqual([pool1, pool2]);
  expect(items[1]?.details?.["generation"]).toBe(4);
});

test("bad rows are named by the machine's id and stop nothing", async () => {
  await addPools();
  await put(1);
  await put(2, {}, null);
  await put(3, {}, brokenDocuments(commonMachine(3))["cut off"]?.toString());
  await put(4, {}, makeOvf(commonMachine(4, { style: "vmware" })));
  await put(5, {}, "");
  const { backup, items, missing } = await backUp();
  expect(items.map((item) => item.name)).toEqual(["vm1"]);
  expect(backup.state).toBe("PARTIAL");
  expect(missing).toEqual([
    `${ovfId(2)}: the engine has not written its document yet`,
    expect.stringMatching(`^${ovfId(3)}: it is cut off`),
    `${ovfId(4)}: it was made by VMware, not by oVirt`,
    `${ovfId(5)}: it is empty`,
  ]);
});

describe("an incremental backup", () => {
  test("fetches changed documents alone, and carries the others", async () => {
    for (const number of [1, 2, 3]) await put(number);
    await backUp();
    // Whoever fetched them would find that they are bad.
    await client.query("update vm_ovf_generations set ovf_data = 'no XML'");
    await put(2, { generation: 2 });
    const { backup, items } = await backUp("--incremental");
    expect(backup).toMatchObject({ state: "COMPLETE", type: "incremental", entries: 3 });
    expect(items.map((item) => item.details?.["generation"])).toEqual([1, 2, 1]);
    const verified = await place.ok("backup", "verify", `${backup.id}`, "--level", "decode");
    expect(verified).toContain("decode  ok");
  });

  test("takes a generation that went back for a change, and a new pool for what it is", async () => {
    await addPools();
    await put(1, { generation: 5, name: "before" });
    await put(2, { generation: 5 });
    await backUp();
    await put(1, { generation: 4, name: "after" });
    await put(2, { generation: 5, storagePoolId: pool2 });
    const { items } = await backUp("--incremental");
    expect(items.map((item) => [item.name, item.details?.["group"]])).toEqual([
      ["after", "DC1"],
      ["vm2", "DC2"],
    ]);
  });
});

describe("fails, and says what to do", () => {
  test("without rows", async () => {
    const { backup, errors } = await backUp();
    expect(backup.state).toBe("FAILED");
    expect(errors).toContain("there is no OVF document in the engine's database");
  });

  test("without the table", async () => {
    await client.query("drop table vm_ovf_generations");
    const { backup, errors } = await backUp();
    expect(backup.state).toBe("FAILED");
    expect(errors).toContain("has no documents that can be read");
    expect(errors).toContain("may select from vm_ovf_generations");
  });

  test("without an answer, and no password is shown", async () => {
    place.env["LASTGOOD_SECRET_ENGINE"] = "postgresql://me:hush@127.0.0.1:1/engine";
    const { backup, errors } = await backUp();
    expect(backup.state).toBe("FAILED");
    expect(errors).toContain("does not answer");
    expect(errors + JSON.stringify(backup)).not.toContain("hush");
  });
});

test("a copy in the engine's own database is none", async () => {
  await put(1);
  const store = `store${count}`;
  await place.ok(["provider", "add", store, "--type", "postgres", "--set", "url=secret:ENGINE"]);
  const { backup, errors } = await takeBackup(place, name, "--provider", store);
  expect(backup.state).toBe("FAILED");
  expect(errors).toContain("they would be lost with it");
});

test("many rows are fetched in parts, and source check counts them", async () => {
  await addPools();
  await client.query(
    `insert into vm_ovf_generations
     select gen_random_uuid(), $1, 1, replace(replace($2, $3, gen_random_uuid()::text), 'vm1', 'vm' || n)
     from generate_series(1, 450) as n`,
    [pool1, makeOvf(commonMachine(1)), ovfId(1)],
  );
  const { backup } = await backUp();
  expect(backup).toMatchObject({ state: "COMPLETE", entries: 450 });
  expect(await place.ok("source", "check", name)).toBe("group DC1: 450 machines, 0 templates");
});

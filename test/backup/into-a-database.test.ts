import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { resolveTarget } from "../../src/postgresql/connection.ts";
import { identifyDatabases } from "../../src/postgresql/identity.ts";
import { protects } from "../../src/sources/postgresql/protects.ts";
import { postgresqlSettings } from "../../src/sources/postgresql/settings.ts";
import { testContext } from "../sources/support.ts";
import type { Outcome } from "../support/cli.ts";
import {
  createRole,
  dropRole,
  emptyDatabase,
  type TestDatabase,
  type TestRole,
} from "../support/database.ts";
import { clientProgram } from "../support/programs.ts";
import { backupsOf, contentsOf, filesBelow, verdictOf } from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
let count = 0;
let [name, vault, store] = ["", "", ""];
let shop: TestDatabase;
let client: Client;

beforeEach(async () => {
  count += 1;
  [name, vault, store] = [`shop${count}`, `vault${count}`, `store${count}`];
  shop = await newDatabase();
  client = await shop.connect();
  await client.query(
    "create table customers as select i as id, 'customer ' || i as name from generate_series(1, 1000) as i",
  );
  place.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
  place.env["LASTGOOD_SECRET_STORE_URL"] = shop.url;
});

async function newDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  onTestFinished(async () => database.drop());
  return database;
}

async function newRole(): Promise<TestRole> {
  const role = await createRole();
  onTestFinished(async () => {
    // What it owns there goes first.
    await shop.drop();
    await dropRole(role);
  });
  return role;
}

/** A provider in the database that the secret `store_url` names. */
async function addStore(): Promise<void> {
  const url = ["--set", "url=secret:store_url"];
  await place.ok(["provider", "add", store, "--type", "postgres"], url);
}

async function addShop(): Promise<void> {
  await place.ok(
    ["source", "add", name, "--type", "postgresql", "--system", `${name}.example`],
    ["--scope", "db", "--set", "url=secret:shop_url", "--set", "globals=false"],
  );
}

async function backUp(...providers: readonly string[]): Promise<Outcome> {
  const options = providers.flatMap((provider) => ["--provider", provider]);
  return await place.run("backup", "create", name, options);
}

async function copies(): Promise<Record<string, string>> {
  const [backup] = await backupsOf(place, name);
  return Object.fromEntries((backup?.copies ?? []).map((each) => [each.provider, each.state]));
}

describe("a copy in the very database that it is to save", () => {
  test("is refused, and the backup counts for nothing", async (context) => {
    await clientProgram(context, "pg_dump");
    await addStore();
    await addShop();
    const { status, errors } = await backUp(store);
    expect(status).toBe(1);
    expect(errors).toMatch(/in a database that this backup protects: they would be lost with it/);
    expect(errors).toMatch(/hint: Keep them in a database of another server/);
    const [backup] = await backupsOf(place, name);
    expect(backup).toMatchObject({ state: "FAILED", is_good: false });
    expect(await verdictOf(place, name)).toEqual({ state: "missing", last_success_at: null });
    const { rows } = await client.query("select from lastgood_store.object");
    expect(rows).toEqual([]);
  });

  test.for(["before", "after"])(
    "leaves a copy elsewhere alone, made %s it",
    async (when, context) => {
      await clientProgram(context, "pg_dump");
      await addStore();
      await addVault(place, vault);
      await addShop();
      const providers = when === "before" ? [vault, store] : [store, vault];
      const { status, errors } = await backUp(...providers);
      expect(status).toBe(0);
      expect(errors).toContain(`no copy at ${store}: `);
      expect(await copies()).toMatchObject({ [vault]: "COMPLETE" });
      expect((await copies())[store]).not.toBe("COMPLETE");
      expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
    },
  );

  test("is known by whatever name and login it is reached", async () => {
    const role = await newRole();
    await client.query(`alter database ${shop.name} owner to ${role.user}`);
    const url = new URL(shop.urlFor(role));
    url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost";
    place.env["LASTGOOD_SECRET_STORE_URL"] = url.href;
    await addStore();
    await addShop();
    const { status, errors } = await backUp(store);
    expect(status).toBe(1);
    expect(errors).toContain("they would be lost with it");
  });

  test("is not made where nobody can tell whether it is", async (context) => {
    await clientProgram(context, "pg_dump");
    await client.query("revoke execute on function pg_control_system() from public");
    const role = await newRole();
    await client.query(`grant create on database ${shop.name} to ${role.user}`);
    place.env["LASTGOOD_SECRET_STORE_URL"] = shop.urlFor(role);
    await addStore();
    await addShop();
    const { status, errors } = await backUp(store);
    expect(status).toBe(1);
    expect(errors).toContain("grant execute on function pg_control_system()");
    expect((await backupsOf(place, name))[0]?.state).toBe("FAILED");
  });
});

describe("a copy in another database of the same server", () => {
  test("is made, with a warning, and can be restored", async (context) => {
    await clientProgram(context, "pg_dump");
    place.env["LASTGOOD_SECRET_STORE_URL"] = (await newDatabase()).url;
    const target = await newDatabase();
    place.env["LASTGOOD_SECRET_TARGET_URL"] = target.url;
    await addStore();
    await addShop();
    const { status, output, errors } = await backUp(store);
    expect(status).toBe(0);
    expect(errors).toContain(`${store} keeps its copies on the very server that is backed up`);
    expect(await place.ok("provider", "check", store)).toContain("was opened");
    await place.ok("backup", "verify", output.trim(), "--level", "decode");
    await place.ok("restore", "create", output.trim(), "--to", "secret:target_url");
    const restored = await target.connect();
    const { rows } = await restored.query("select count(*)::integer as n from customers");
    expect(rows).toEqual([{ n: 1000 }]);
  });
});

describe("a place in a database that is dumped", () => {
  test("is in no dump, and a restored database is no place", async (context) => {
    await clientProgram(context, "pg_dump");
    await addStore();
    await addVault(place, vault);
    const folder = join(place.folder, "large");
    await mkdir(folder);
    await writeFile(join(folder, "bytes"), randomBytes(5_000_000));
    await addFiles(place, `large${count}`, folder);
    await place.ok("backup", "create", `large${count}`, "--provider", store);
    await addShop();
    const id = await place.ok("backup", "create", name, "--provider", vault);
    const items = await place.json<{ name: string }[]>("backup", "items", id);
    expect(items.filter((item) => item.name.includes("lastgood_store"))).toEqual([]);
    const [backup] = await backupsOf(place, name);
    expect(backup?.copies[0]?.stored_bytes).toBeLessThan(1_000_000);
    const target = await newDatabase();
    place.env["LASTGOOD_SECRET_TARGET_URL"] = target.url;
    await place.ok("restore", "create", id, "--to", "secret:target_url");
    const restored = await target.connect();
    const { rows } = await restored.query(
      `select (select count(*)::integer from customers) as n,
              to_regnamespace('lastgood_store') is null as "isNoPlace"`,
    );
    expect(rows).toEqual([{ n: 1000, isNoPlace: true }]);
  });

  test("a schema of that name which is no place is dumped", async (context) => {
    await clientProgram(context, "pg_dump");
    await client.query("create schema lastgood_store create table precious (id integer)");
    await addVault(place, vault);
    await addShop();
    const id = await place.ok("backup", "create", name, "--provider", vault);
    const items = await place.json<{ name: string }[]>("backup", "items", id);
    expect(items.map((item) => item.name)).toContain(`${shop.name}.lastgood_store.precious`);
  });
});

test("files are kept in the database of lastgood itself, and come back", async () => {
  place.env["LASTGOOD_SECRET_STORE_URL"] = place.database.url;
  const folder = join(place.folder, "etc");
  await mkdir(folder);
  await writeFile(join(folder, "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(folder, "large"), randomBytes(3_000_000));
  await addStore();
  await addFiles(place, name, folder);
  const id = await place.ok("backup", "create", name, "--provider", store);
  const target = join(place.folder, "restored");
  await place.ok("restore", "create", id, "--to", target);
  expect(await contentsOf(target)).toEqual(await contentsOf(folder));
  expect(await filesBelow(target)).toEqual(["hosts", "large"]);
});

test("a chunk that changed by itself makes its copy corrupt", async () => {
  const folder = join(place.folder, "etc");
  await mkdir(folder);
  await writeFile(join(folder, "large"), randomBytes(3_000_000));
  await addStore();
  await addFiles(place, name, folder);
  const id = await place.ok("backup", "create", name, "--provider", store);
  await client.query(
    `update lastgood_store.chunk set bytes = set_byte(bytes, 1000, get_byte(bytes, 1000) # 1)
     where number = 3`,
  );
  const { status, output } = await place.run("backup", "verify", id, "--level", "checksum");
  expect(status).toBe(1);
  expect(output).toContain("chunk 3 is missing, or not as it was written");
  expect(await copies()).toEqual({ [store]: "CORRUPT" });
});

test("a source of several databases protects each of them", async () => {
  const other = await newDatabase();
  const context = await testContext({ LASTGOOD_SECRET_SHOP: shop.url });
  const settings = postgresqlSettings.parse({
    url: "secret:shop",
    databases: `${shop.name},${other.name}`,
  });
  const all = await protects(settings, context);
  const names = [shop.name, other.name];
  expect(all.toSorted()).toEqual((await identifyDatabases(client, names))?.toSorted());
  expect(new Set(all).size).toBe(2);
  const { database } = await resolveTarget(shop.url, {});
  const [itself] = (await identifyDatabases(client, [database])) ?? [];
  expect(all).toContain(itself);
  expect(itself).toMatch(/^\d+\/\d+$/);
});

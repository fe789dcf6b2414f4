import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { emptyDatabase, type TestDatabase } from "../support/database.ts";
import { clientProgram } from "../support/programs.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
let shop: TestDatabase;
let scratch: TestDatabase;

beforeAll(async () => {
  shop = await emptyDatabase();
  const client = await shop.connect();
  await client.query(`
    create table customers (id integer generated always as identity primary key, name text);
    create table orders (id serial primary key, customer integer references customers);
    insert into customers (name) select 'customer ' || i from generate_series(1, 1000) as i;
    insert into orders (customer) select i from generate_series(1, 1000) as i;`);
});
afterAll(async () => shop.drop());

beforeEach(async () => {
  scratch = await emptyDatabase();
  place.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
  place.env["LASTGOOD_SECRET_SCRATCH_URL"] = scratch.url;
});

async function rows(url: string, query: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
}

describe("the README's walk-through", () => {
  test("back up, look inside, restore one table, then all of it", async (context) => {
    await clientProgram(context, "pg_dump");
    await addVault(place, "vault");
    await place.ok(
      ["source", "add", "shop", "--type", "postgresql", "--system", "shop.example"],
      ["--scope", "db", "--set", "url=secret:shop_url"],
    );
    const id = await place.ok("backup", "create", "shop", "--provider", "vault");
    const [backup] = await place.json<BackupRow[]>("backup", "list", "shop");
    expect(backup).toMatchObject({ id: Number(id), source: "shop", state: "COMPLETE" });
    const items = await place.json<{ kind: string; name: string }[]>("backup", "items", id);
    expect(items.map(({ kind, name }) => `${kind} ${name}`)).toContain(
      `table ${shop.name}.public.orders`,
    );
    expect(await place.ok("backup", "verify", id, "--level", "decode")).toContain("ok");
    const pick = ["--to", "secret:scratch_url", "--item", "public.orders"];
    const dry = await place.ok("restore", "create", id, pick, "--dry-run");
    expect(dry).toContain("Nothing was written");
    expect(await rows(scratch.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual(
      [],
    );
    expect(await place.ok("restore", "create", id, pick)).toContain("orders_customer_fkey");
    expect(await rows(scratch.url, "select count(*)::integer as n from orders")).toEqual([
      { n: 1000 },
    ]);
    const refused = await place.run("restore", "create", id, "--to", "secret:scratch_url");
    expect(refused.status).toBe(2);
    await place.ok("restore", "create", id, "--to", "secret:scratch_url", "--replace");
    expect(await rows(scratch.url, "select count(*)::integer as n from customers")).toEqual([
      { n: 1000 },
    ]);
  });

  test.each([
    ["postgresql://me:hunter2@127.0.0.1:1/none", "postgresql://me@127.0.0.1:1/none"],
    [
      "postgresql://me@127.0.0.1:1/none?password=hunter2&sslmode=disable",
      "postgresql://me@127.0.0.1:1/none?password=…&sslmode=disable",
    ],
  ])("the password in %s stands in no row", async (target, shown) => {
    await addVault(place, `safe${shown.length}`);
    const name = `files${shown.length}`;
    await addFiles(place, name, place.folder);
    const id = await place.ok("backup", "create", name, "--provider", `safe${shown.length}`);
    expect((await place.run("restore", "create", id, "--to", target)).status).not.toBe(0);
    const [row] = await place.json<{ target: string }[]>("restore", "list");
    expect(row?.target).toBe(shown);
  });
});

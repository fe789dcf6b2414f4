import type { Client } from "pg";
import { beforeAll, describe, expect, onTestFinished, test, type TestContext } from "vitest";
import { emptyDatabase, type TestDatabase } from "../../support/database.ts";
import { clientProgram } from "../../support/programs.ts";
import { backUpUrl, contentsOf, databaseWith, restoreTo, zoo, type Backup } from "./support.ts";

let source: TestDatabase;
let backup: Backup;

/** Backed up once; each test restores a part of it. */
async function restored(
  context: TestContext,
  ...items: string[]
): Promise<{ client: Client; url: string; actions: string }> {
  await clientProgram(context, "pg_dump");
  source ??= await databaseWith(zoo);
  backup ??= await backUpUrl(source.url);
  const target = await emptyDatabase();
  onTestFinished(() => target.drop());
  const report = await restoreTo(target.url, backup, { items });
  return {
    client: await target.connect(),
    url: target.url,
    actions: report.actions.join("\n"),
  };
}

beforeAll(() => async () => source?.drop());

async function column(client: Client, statement: string): Promise<readonly unknown[]> {
  const { rows } = await client.query<unknown[]>({ text: statement, rowMode: "array" });
  return rows.map(([value]) => value);
}

function plain(text: string): string {
  return text.replaceAll(/\n+/g, "\n");
}

const tables = `select c.oid::regclass::text from pg_class c
  where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
  order by 1`;

describe("a table that is picked", () => {
  test("brings types, functions, identity, index, trigger, policy, statistics and comments", async (context) => {
    const { client, url, actions } = await restored(context, "shop.customer");
    expect(await column(client, tables)).toEqual(["shop.customer"]);
    const options = ["--table=shop.customer", "--no-publications"];
    const original = await contentsOf(context, source.url, options);
    const copy = await contentsOf(context, url, options);
    const withoutKey = original.replace(
      /--\n-- Name: customer customer_favourite_fkey[\s\S]*?;\n\n/,
      "",
    );
    expect(withoutKey).not.toBe(original);
    expect(plain(copy)).toBe(plain(withoutKey));
    expect(actions).toMatch(/leave out fk constraint customer_favourite_fkey .* not restored/);
    const { rows } = await client
      .query(
        `insert into shop.customer (name) values ('new') returning id, shout, points, mood, changed is not null as stamped`,
      )
      .catch((error: Error) => ({ rows: [error.message] }));
    // Only the text of the function names the sequence of tickets, and no catalog knows.
    expect(rows).toEqual([expect.stringContaining("shop.ticket")]);
    const next = await client.query(
      `insert into shop.customer (name, ticket) values ('new', 1) returning id, shout, points, mood, changed is not null as stamped`,
    );
    expect(next.rows).toEqual([{ id: 101, shout: "NEW", points: 1, mood: "happy", stamped: true }]);
  });

  test("brings its sequence with the value that it had", async (context) => {
    const { client, actions } = await restored(context, "shop.orders");
    expect(await column(client, tables)).toEqual(["shop.orders"]);
    const { rows } = await client.query(
      `insert into shop.orders (customer, placed) values (1, '2026-01-01') returning id`,
    );
    expect(rows).toEqual([{ id: 1001 }]);
    expect(await column(client, `select pg_get_serial_sequence('shop.orders', 'id')`)).toEqual([
      "shop.orders_id_seq",
    ]);
    expect(await column(client, `select obj_description('shop.orders_pkey'::regclass)`)).toEqual([
      "the key of orders",
    ]);
    expect(actions).toContain("orders_customer_fkey");
  });

  test("keeps foreign keys to itself and to what is picked beside it", async (context) => {
    const { client, actions } = await restored(context, "shop.order_line", "shop.orders");
    const keys = `select conname::text from pg_constraint where contype = 'f' order by 1`;
    expect(await column(client, keys)).toEqual(["line_in_line", "order_line_orders_fkey"]);
    expect(actions).not.toContain("order_line_orders_fkey");
    expect(await column(client, "select count(*)::integer from shop.order_line")).toEqual([3000]);
  });

  test("brings all its partitions, attached, with data and indexes", async (context) => {
    const { client } = await restored(context, "shop.event");
    expect(await column(client, tables)).toEqual([
      "shop.event",
      "shop.event_2025",
      "shop.event_2026",
      "shop.event_2026_a",
      "shop.event_2026_rest",
    ]);
    expect(await column(client, "select count(*)::integer from shop.event")).toEqual([400]);
    const attached = `select count(*)::integer from pg_inherits`;
    expect(await column(client, attached)).toEqual([4 + 8]);
  });

  test("comes alone when it is a partition, as a table of its own", async (context) => {
    const { client, actions } = await restored(context, "shop.event_2026_a");
    expect(await column(client, tables)).toEqual(["shop.event_2026_a"]);
    expect(actions).toMatch(/shop\.event_2026_a.*a table of its own/);
    const indexes = `select indexrelid::regclass::text from pg_index where indrelid = 'shop.event_2026_a'::regclass order by 1`;
    expect(await column(client, indexes)).toEqual([
      "shop.event_2026_a_body_idx",
      "shop.event_2026_a_pkey",
    ]);
  });

  test("is attached to a parent that is only half of what there was", async (context) => {
    const { client } = await restored(context, "shop.event_2026");
    expect(await column(client, tables)).toEqual([
      "shop.event_2026",
      "shop.event_2026_a",
      "shop.event_2026_rest",
    ]);
  });

  test("brings the table that it inherits from, and says so", async (context) => {
    const { client, actions } = await restored(context, "shop.dog");
    expect(await column(client, tables)).toEqual(["shop.animal", "shop.dog"]);
    expect(actions).toContain("bring shop.animal too");
    expect(await column(client, "select name from shop.animal order by 1")).toEqual(["hen", "rex"]);
  });

  test("may have any name", async (context) => {
    const { client } = await restored(context, `"tab\nle ; drop"`);
    expect(
      await column(client, "select relname::text from pg_class where relname like 'tab%drop'"),
    ).toEqual(["tab\nle ; drop"]);
  });
});

describe("a schema that is picked", () => {
  test("brings its views, sequences and functions too, and nothing of other schemas", async (context) => {
    const { client } = await restored(context, "shop");
    const others = `select count(*)::integer from pg_class
      where relnamespace = 'public'::regnamespace or relname = E'tab\\nle ; drop'`;
    expect(await column(client, others)).toEqual([0]);
    expect(await column(client, "select count(*)::integer from shop.happy")).toEqual([0]);
    expect(await column(client, "select sum(orders)::integer from shop.order_count")).toEqual([
      1000,
    ]);
    const keys = `select count(*)::integer from pg_constraint where contype = 'f'`;
    expect(await column(client, keys)).toEqual([4]);
    const { rows } = await client.query(
      "insert into shop.customer (name) values ('n') returning ticket",
    );
    expect(rows).toEqual([{ ticket: "200" }]);
  });
});

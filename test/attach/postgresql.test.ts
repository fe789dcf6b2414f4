import { expect, test } from "vitest";
import { emptyDatabase } from "../support/database.ts";
import { clientProgram } from "../support/programs.ts";
import { attach, newGround, newInstallation, placeOptions } from "./support.ts";

test("a table comes back from a place alone, picked by its name", async (context) => {
  await clientProgram(context, "pg_dump");
  const ground = await newGround();
  await using shop = await emptyDatabase();
  await using scratch = await emptyDatabase();
  const client = await shop.connect();
  await client.query("create table orders as select i as id from generate_series(1, 1000) as i");
  const old = await newInstallation(ground);
  old.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
  await old.ok("provider", "add", "vault", ...placeOptions(ground.vault));
  await old.ok(
    "source",
    "add",
    "shop",
    "--type",
    "postgresql",
    "--system",
    "engine.test",
    "--scope",
    "db",
    "--set",
    "url=secret:shop_url",
  );
  await old.ok("backup", "create", "shop", "--name", "older");
  await old.ok("backup", "create", "shop", "--name", "newer");

  const anew = await newInstallation(ground);
  anew.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
  anew.env["LASTGOOD_SECRET_SCRATCH_URL"] = scratch.url;
  expect(await attach(anew, ground, "--resume")).toMatchObject({
    sources: [{ settings: { url: "secret:shop_url" } }],
    needs: ["secret:shop_url"],
  });
  const known = async (): Promise<boolean[]> =>
    (await anew.backups()).map(({ items_known }) => items_known);
  // What can be picked of older ones is read when somebody asks.
  expect(await known()).toEqual([true, false]);
  const items = await anew.json<{ id: number; name: string }[]>("backup", "items", "older");
  expect(items.map(({ name }) => name)).toContain(`${shop.name}.public.orders`);
  expect(await known()).toEqual([true, true]);
  await anew.ok(
    "restore",
    "create",
    "older",
    "--to",
    "secret:scratch_url",
    "--item",
    "public.orders",
  );
  const { rows } = await (
    await scratch.connect()
  ).query("select count(*)::integer as n from orders");
  expect(rows).toEqual([{ n: 1000 }]);
  // Its settings came back too: secrets by name.
  await anew.ok("backup", "create", "shop");
});

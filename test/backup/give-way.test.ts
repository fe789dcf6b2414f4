import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RestoreRow } from "../../src/dao/restore.ts";
import { emptyDatabase } from "../support/database.ts";
import { clientProgram } from "../support/programs.ts";
import {
  backupsOf,
  changeProvider,
  contentsOf,
  filesBelow,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, source, near, far, target] = ["", "", "", "", ""];

beforeEach(async () => {
  count += 1;
  [name, near, far] = [`way${count}`, `close${count}`, `away${count}`];
  [source, target] = [join(place.folder, "source"), join(place.folder, "target")];
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "large"), Buffer.alloc(3_000_000, "x"));
  await addFiles(place, name, source);
  for (const each of [near, far]) {
    const path = join(place.folder, each);
    await place.ok("provider", "add", each, "--type", "debug", "--set", `path=${path}`);
  }
});

async function backUp(): Promise<string> {
  return await place.ok("backup", "create", name, "--provider", near, "--provider", far);
}

/** Makes the first copy the one that is read without a word. */
async function prefer(id: string, provider: string): Promise<void> {
  await catalogue.client.query(
    `update lastgood.backup_copy as c
     set proof_level = 3
     from lastgood.provider as p
     where p.provider_id = c.provider_id and c.backup_id = $1 and p.name = $2`,
    [id, provider],
  );
}

async function flip(provider: string): Promise<void> {
  const root = join(place.folder, provider);
  const pack = (await filesBelow(root)).find((path) => path.endsWith(".pack"));
  const path = join(root, pack ?? "");
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(path, bytes, { mode: 0o600 });
}

async function copies(): Promise<Record<string, string>> {
  const [backup] = await backupsOf(place, name);
  return Object.fromEntries((backup?.copies ?? []).map((each) => [each.provider, each.state]));
}

describe("a copy gives way to the next", () => {
  test("where its bytes are not those that were kept, and it counts as good no more", async () => {
    const id = await backUp();
    await prefer(id, near);
    await flip(near);
    const outcome = await place.run("restore", "create", id, "--to", target);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`the copy at ${near} gave way to that at ${far}: `);
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
    expect(await copies()).toEqual({ [near]: "CORRUPT", [far]: "COMPLETE" });
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
    const [row] = await place.json<RestoreRow[]>("restore", "list");
    expect(row).toMatchObject({ state: "COMPLETE", provider: far });
    expect(row?.actions[0]).toContain(`the copy at ${near} gave way`);
  });

  test("where its provider cannot be reached, which says nothing of the copy", async () => {
    const id = await backUp();
    await prefer(id, near);
    await changeProvider(catalogue.client, near, { fail: "open::unreachable" });
    const outcome = await place.run("restore", "create", id, "--to", target);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`the copy at ${near} gave way to that at ${far}: `);
    expect(await copies()).toEqual({ [near]: "COMPLETE", [far]: "COMPLETE" });
  });

  test("of a database, in one that exists and is left empty between the two", async (context) => {
    await clientProgram(context, "pg_dump");
    const [shop, scratch] = [await emptyDatabase(), await emptyDatabase()];
    const client = await shop.connect();
    await client.query("create table orders as select i from generate_series(1, 20000) as i");
    place.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
    place.env["LASTGOOD_SECRET_SCRATCH_URL"] = scratch.url;
    const set = ["--set", "url=secret:shop_url"];
    name = `${name}-db`;
    await place.ok("source", "add", name, "--type", "postgresql", "--scope", "db", set);
    const id = await backUp();
    await prefer(id, near);
    await flip(near);
    const outcome = await place.run("restore", "create", id, "--to", "secret:scratch_url");
    expect(outcome.errors).toContain(`the copy at ${near} gave way to that at ${far}: `);
    expect(outcome).toMatchObject({ status: 0 });
    const { rows } = await (await scratch.connect()).query("select count(*)::int from orders");
    expect(rows).toEqual([{ count: 20_000 }]);
    await shop.drop();
  });

  test("in a dry run too, which changes nothing", async () => {
    const id = await backUp();
    await prefer(id, near);
    await changeProvider(catalogue.client, near, { fail: "get::missing" });
    await place.ok("restore", "create", id, "--to", target, "--dry-run");
    expect(await copies()).toEqual({ [near]: "COMPLETE", [far]: "COMPLETE" });
    expect(await readdir(place.folder)).not.toContain("target");
  });
});

describe("it does not give way", () => {
  test("where it was named", async () => {
    const id = await backUp();
    await flip(near);
    const args = ["restore", "create", id, "--to", target, "--from", near];
    expect(await place.run(args)).toMatchObject({ status: 1 });
    expect(await readdir(place.folder)).not.toContain("target");
  });

  test("where there is no other: the restore fails, and both are known to be bad", async () => {
    const id = await backUp();
    for (const each of [near, far]) await flip(each);
    expect(await place.run("restore", "create", id, "--to", target)).toMatchObject({ status: 1 });
    expect(await copies()).toEqual({ [near]: "CORRUPT", [far]: "CORRUPT" });
    expect(await verdictOf(place, name)).toMatchObject({ state: "missing" });
    const [row] = await place.json<RestoreRow[]>("restore", "list");
    expect(row).toMatchObject({ state: "FAILED" });
    expect(await readdir(place.folder)).not.toContain("target");
  });
});

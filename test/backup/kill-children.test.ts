import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientProgram } from "../support/programs.ts";
import { emptyDatabase, type TestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";
import {
  backupsOf,
  changeProvider,
  endLeases,
  expectTidy,
  killRun,
  readTrace,
  startRun,
  untilItHangs,
  useCatalogue,
} from "./crash.ts";
import { needsProc, untilGone, untilItRuns } from "./processes.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
/** Whoever holds it in a database keeps an index from being made there. */
const lock = 20_260_102;
let shop: TestDatabase;
let count = 0;
let [name, vault, trace] = ["", "", ""];

beforeAll(async () => {
  shop = await emptyDatabase();
  const client = await shop.connect();
  await client.query(`
    create table customers (id integer primary key, name text);
    create table orders (id integer primary key, customer integer references customers);
    insert into customers select i, repeat('customer ', 20) || i from generate_series(1, 5000) as i;
    insert into orders select i, i from generate_series(1, 5000) as i;
    create function wait(i integer) returns integer immutable language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${lock});
      return i;
    end $$;
    create index orders_that_wait on orders (wait(customer));`);
});
afterAll(async () => shop.drop());

beforeEach((context) => {
  needsProc(context);
  count += 1;
  [name, vault, trace] = [`child${count}`, `vault${count}`, join(place.folder, "trace")];
});

async function addDatabase(): Promise<void> {
  place.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
  await place.ok(
    ["source", "add", name, "--type", "postgresql", "--system", `${name}.example`],
    ["--scope", "db", "--set", "url=secret:shop_url"],
  );
}

async function addShaky(): Promise<void> {
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", "pack"],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
}

/** Sessions of a run at the source or the target. */
async function sessionsOf(database: TestDatabase): Promise<number> {
  const { rows } = await catalogue.client.query<{ n: number }>(
    `select count(*)::integer as n from pg_stat_activity
     where datname = $1 and application_name like 'lastgood%'`,
    [database.name],
  );
  return rows[0]?.n ?? 0;
}

async function untilNoSession(database: TestDatabase): Promise<void> {
  await waitFor(async () => (await sessionsOf(database)) === 0, { what: "the end of sessions" });
}

describe("after kill -9 no child runs on", () => {
  test("while pg_dump waits for a lock; and the next backup cleans up", async (context) => {
    await clientProgram(context, "pg_dump");
    await addVault(place, vault, "--layout", "pack");
    await addDatabase();
    const holder = await shop.connect();
    await holder.query("begin; lock table orders in access exclusive mode");
    const run = startRun(place, ["backup", "create", name, "--provider", vault]);
    const children = await untilItRuns(run.child.pid, /pg_dump/);
    await killRun(run);
    await untilGone(children);
    await holder.query("rollback");
    await untilNoSession(shop);
    expect(await readdir(join(place.folder, "scratch"))).not.toEqual([]);
    await endLeases(catalogue.client);
    await place.ok("backup", "create", name, "--provider", vault);
    const states = (await backupsOf(place, name)).map(({ state }) => state);
    expect(states).toEqual(["COMPLETE", "FAILED"]);
    await expectTidy(place, catalogue.client, vault);
  });

  test("while pg_restore waits for a lock; and the next restore works", async (context) => {
    await clientProgram(context, "pg_restore");
    await addVault(place, vault, "--layout", "pack");
    await addDatabase();
    const id = await place.ok("backup", "create", name, "--provider", vault);
    const scratch = await emptyDatabase();
    place.env["LASTGOOD_SECRET_SCRATCH_URL"] = scratch.url;
    const holder = await scratch.connect();
    await holder.query(`select pg_advisory_lock(${lock})`);
    const args = ["restore", "create", id, "--to", "secret:scratch_url"];
    const run = startRun(place, args);
    const children = await untilItRuns(run.child.pid, /pg_restore.*post-data/);
    await killRun(run);
    await untilGone(children);
    await holder.query(`select pg_advisory_unlock(${lock})`);
    await holder.end();
    await untilNoSession(scratch);
    await place.ok(args, "--replace");
    const client = await scratch.connect();
    const { rows } = await client.query("select count(*)::integer as n from orders");
    expect(rows).toEqual([{ n: 5000 }]);
    expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
    await scratch.drop();
  });

  test("while tar writes what is restored", async () => {
    const source = join(place.folder, "source");
    await mkdir(source);
    await writeFile(join(source, "large"), Buffer.alloc(9_000_000, "x"));
    await addShaky();
    await addFiles(place, name, source);
    const id = await place.ok("backup", "create", name, "--provider", vault);
    const args = ["restore", "create", id, "--to", join(place.folder, "target")];
    await rm(trace, { force: true });
    await place.ok(args);
    const gets = (await readTrace(trace)).filter(({ operation }) => operation === "get");
    await rm(trace);
    await rm(join(place.folder, "target"), { recursive: true });
    await changeProvider(catalogue.client, vault, { hang: `get:${gets.length}` });
    const run = startRun(place, args);
    await untilItHangs(run, trace);
    const children = await untilItRuns(run.child.pid, /\btar\b/);
    await killRun(run);
    expect(await untilGone(children)).toContainEqual(expect.stringContaining("tar "));
  });

  test.each(["stdout", "path"])("while a command writes to its %s", async (output) => {
    const program = join(place.folder, "dump");
    await writeFile(
      program,
      "#!/bin/sh\nhead -c 3000000 /dev/zero\ntrap '' TERM\nsleep 600 &\nwait\n",
    );
    await chmod(program, 0o700);
    const commands = join(place.folder, "commands.json");
    const backup = output === "path" ? [program, "{path}"] : [program];
    await writeFile(commands, JSON.stringify({ commands: { slow: { backup, output } } }));
    place.env["LASTGOOD_COMMANDS_FILE"] = commands;
    await addVault(place, vault);
    await place.ok(
      ["source", "add", name, "--type", "command", "--system", `${name}.example`],
      ["--scope", "db", "--set", "command=slow"],
    );
    const run = startRun(place, ["backup", "create", name, "--provider", vault]);
    const children = await untilItRuns(run.child.pid, /sleep 600/);
    await killRun(run);
    await untilGone(children);
    await endLeases(catalogue.client);
    await writeFile(
      program,
      output === "path" ? '#!/bin/sh\necho x > "$1"\n' : "#!/bin/sh\necho x\n",
    );
    await place.ok("backup", "create", name, "--provider", vault);
    const states = (await backupsOf(place, name)).map(({ state }) => state);
    expect(states).toEqual(["COMPLETE", "FAILED"]);
    await expectTidy(place, catalogue.client, vault);
  });
});

import { join } from "node:path";
import type { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createRole,
  dropRole,
  emptyDatabase,
  type TestDatabase,
  type TestRole,
} from "../support/database.ts";
import type { Finished } from "../support/bin.ts";
import { clientProgram, runProgram } from "../support/programs.ts";
import { temporaryFolder } from "../support/folder.ts";
import { fencedBlocks } from "../docs/support.ts";
import { examplesPath, readExample } from "./support.ts";

const page = readExample("engine-backup.md");

let database: TestDatabase;
let engine: TestRole;
let owner: Client;
let setUp: (Finished & { line: string })[];

beforeEach(async () => {
  database = await emptyDatabase();
  engine = await createRole();
  owner = await database.connect();
  // As oVirt has it: a function of the same name in public, which must not be called.
  await owner.query(`
    create function public.logenginebackupevent(
      scope varchar(64), done_at timestamptz, status int, output_message text, fqdn varchar(255),
      log_path text) returns void language plpgsql as $$ begin raise 'not this one'; end; $$`);
  setUp = await runBlock(0);
});
afterEach(async () => {
  await database.drop();
  await dropRole(engine);
});

/** Runs a block of the page line by line, with the test's database and role in place of the named ones. */
async function runBlock(place: number): Promise<(Finished & { line: string })[]> {
  const outcomes = [];
  for (const line of fencedBlocks(page, "sh")[place]?.trim().split("\n") ?? []) {
    if (line.startsWith("export DATABASE_URL=")) continue;
    const command = line.replace("grant engine ", `grant ${engine.user} `);
    const env = { PATH: await examplesPath(), DATABASE_URL: database.url };
    outcomes.push({ line, ...(await runProgram("sh", ["-c", command], { env })) });
  }
  return outcomes;
}

/** What went wrong; doctor ends with 1 for a mere warning, such as that no check has run yet. */
function failures(outcomes: readonly (Finished & { line: string })[]): string[] {
  return outcomes
    .filter(({ line, status, stdout }) =>
      line === "lastgood doctor" ? /^failed/m.test(stdout) : status !== 0,
    )
    .map(({ line, stdout, stderr }) => [line, stdout, stderr].join("\n"));
}

test("the page, from the first line to the last", async () => {
  expect(failures(setUp)).toEqual([]);
  expect(failures(await runBlock(1))).toEqual([]);

  const caller = await database.connect(engine);
  const [call = ""] = fencedBlocks(page, "sql");
  await caller.query(call);
  const { rows } = await owner.query(
    `select fqdn, scope, activity, is_required from lastgood.backup_status order by scope`,
  );
  const system = { fqdn: "engine.example.test", is_required: true };
  expect(rows).toEqual([
    { ...system, scope: "db", activity: "running" },
    { ...system, scope: "dwhdb", activity: "idle" },
    { ...system, scope: "files", activity: "idle" },
  ]);

  // A restore loses the path.
  await owner.query(`alter role ${engine.user} in database ${database.name} reset search_path`);
  const restored = await database.connect(engine);
  await expect(restored.query(call)).rejects.toThrow("not this one");
  expect(failures(await runBlock(2))).toEqual([]);
  const again = await database.connect(engine);
  await expect(again.query(call)).resolves.toBeDefined();
});

test("role engine dumps the database without a word", async (context) => {
  const pgDump = await clientProgram(context, "pg_dump");
  const file = join(await temporaryFolder(), "engine.dump");
  const args = ["--format=custom", `--file=${file}`, "-d", database.urlFor(engine)];
  expect(await runProgram(pgDump, args)).toEqual({ status: 0, stdout: "", stderr: "" });
});

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { InstallError, UnreachableError } from "../../src/errors.ts";
import { executorOptions } from "../../src/workers/executor.ts";
import { requireSchema } from "../../src/workers/preflight.ts";
import { lastgood } from "../support/cli.ts";
import { copyTemplate, createRole, dropRole, emptyDatabase } from "../support/database.ts";
import type { TestDatabase, TestRole } from "../support/database.ts";
import { temporaryFolder } from "../support/folder.ts";
import { waitFor } from "../support/wait.ts";
import { doneChecks, worker } from "./support.ts";

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
beforeEach(async () => {
  await client.query("drop schema if exists lastgood_queue cascade");
});
afterAll(() => database.drop());

async function role(reach: string, mayDump = false): Promise<TestRole> {
  const made = await createRole();
  onTestFinished(async () => {
    await client.query(`drop owned by ${made.user} cascade`);
    await dropRole(made);
  });
  await client.query("select lastgood.grant_role($1, $2, $3)", [made.user, reach, mayDump]);
  return made;
}

describe("the role of a worker", () => {
  test("is told which rights it needs for the first start", async () => {
    const operator = await role("operator");
    const start = worker(database.urlFor(operator));
    await expect(start).rejects.toThrow(InstallError);
    await expect(start).rejects.toMatchObject({ hint: expect.stringContaining("grant create on") });
  });

  test("needs to be an operator that may create a schema, and nothing more", async () => {
    const operator = await role("operator");
    await client.query(`grant create on database ${database.name} to ${operator.user}`);
    const running = await worker(database.urlFor(operator));
    expect(await doneChecks(client, "start")).toBe(1);
    expect(running.log.lines.filter(({ level }) => level === "error")).toEqual([]);
    await running.stop();
  });
});

test("an operator without other rights runs schedules", async () => {
  const operator = await role("operator");
  await client.query(`grant create on database ${database.name} to ${operator.user}`);
  const folder = await temporaryFolder();
  const env = { PATH: process.env["PATH"], DATABASE_URL: database.url, LASTGOOD_DEBUG: "1" };
  const source = join(folder, "source");
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  for (const args of [
    ["source", "add", "one", "--type", "files", "--system", "one.example", "--scope", "files"],
    ["provider", "add", "vault", "--type", "local-fs"],
  ] as const) {
    const path = args[0] === "source" ? source : join(folder, "vault");
    const { status } = await lastgood(env, ...args, "--set", `path=${path}`);
    expect(status).toBe(0);
  }
  const running = await worker(database.urlFor(operator), {
    executor: executorOptions({ ...env, TMPDIR: folder }),
  });
  await client.query(`
    select lastgood.run_schedule(lastgood.add_schedule('one', '0 0 1 1 *', 'yearly'))`);
  const run = await waitFor(async () => {
    const { rows } = await client.query<{ state: string; reason: string | null }>(
      "select state, reason from lastgood.execution where finished_at is not null",
    );
    return rows[0];
  });
  expect(run).toEqual({ state: "SUCCESS", reason: null });
  expect(running.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await running.stop();
});

test("a role that may dump the database can read the queue's tables, too", async () => {
  const dumper = await role("reporter", true);
  const running = await worker(database.url);
  const reader = await database.connect(dumper);
  const { rows } = await reader.query("select from lastgood_queue.queue");
  expect(rows).toHaveLength(3);
  await running.stop();
});

describe("a worker refuses a database", () => {
  test("without the schema", async () => {
    await using empty = await emptyDatabase();
    await expect(requireSchema(await empty.connect())).rejects.toMatchObject({
      code: "INSTALL",
      hint: "Run: lastgood install",
    });
  });

  test("with the schema of another version", async () => {
    await client.query("begin");
    onTestFinished(async () => {
      await client.query("rollback");
    });
    await client.query("update lastgood.code_layer set version = '1:other'");
    await expect(requireSchema(client)).rejects.toMatchObject({ code: "INSTALL" });
  });

  test("that does not answer", async () => {
    await expect(worker("postgresql://nobody@127.0.0.1:1/none")).rejects.toThrow(UnreachableError);
  });
});

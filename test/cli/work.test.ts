import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startLastgood } from "../support/background.ts";
import { copyTemplate, emptyDatabase, type TestDatabase } from "../support/database.ts";
import { waitFor } from "../support/wait.ts";
import { doneChecks, jobs, sendCheck } from "../workers/support.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await copyTemplate();
});
afterAll(() => database.drop());

/** How many checks earlier workers have called for when they started. */
async function startChecks(client: Client): Promise<number> {
  return (await jobs(client)).filter(({ trigger }) => trigger === "start").length;
}

describe("lastgood work", () => {
  test("checks, says on stderr that it is ready, as JSON lines, and ends with 0 on SIGTERM", async () => {
    const work = startLastgood(["work"], { env: { DATABASE_URL: database.url } });
    await work.says('"msg":"ready"');
    await doneChecks(await database.connect(), "start");
    work.child.kill("SIGTERM");
    expect(await work.ended()).toBe(0);
    expect(work.stdout()).toBe("");
    const lines = work.stderr().trim().split("\n");
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toContain("ready");
    expect(messages.at(-1)).toBe("stopped");
  });

  test("finishes the check under way before it ends, and a second signal does not cut it short", async () => {
    const client = await database.connect();
    const before = await startChecks(client);
    const work = startLastgood(["work", "--database-url", database.url]);
    await doneChecks(client, "start", before + 1);
    const holder = await database.connect();
    await holder.query("begin");
    await holder.query("lock table lastgood.last_check in exclusive mode");
    onTestFinished(async () => {
      await holder.query("rollback");
    });
    await sendCheck(client, "slow");
    await waitFor(async () =>
      (await jobs(client)).some(({ trigger, state }) => trigger === "slow" && state === "active"),
    );
    work.child.kill("SIGINT");
    await work.says('"msg":"stopping"');
    work.child.kill("SIGINT");
    await holder.query("commit");
    expect(await work.ended()).toBe(0);
    expect(await doneChecks(client, "slow")).toBe(1);
  });

  test("says what to do where the schema is not installed, and ends with 1", async () => {
    await using empty = await emptyDatabase();
    const work = startLastgood(["work", "--database-url", empty.url]);
    expect(await work.ended()).toBe(1);
    expect(work.stderr()).toContain("hint: Run: lastgood install");
  });

  test("ends with 3 where no database answers, with 2 for an unknown level", async () => {
    const url = "postgresql://nobody@127.0.0.1:1/none";
    expect(await startLastgood(["work", "--database-url", url]).ended()).toBe(3);
    expect(await startLastgood(["work", "--log-level", "loud"]).ended()).toBe(2);
  });

  test("logs nothing at level silent", async () => {
    const client = await database.connect();
    const before = await startChecks(client);
    const work = startLastgood(["work", "--log-level", "silent", "--database-url", database.url]);
    await doneChecks(client, "start", before + 1);
    work.child.kill("SIGTERM");
    expect(await work.ended()).toBe(0);
    expect(work.stderr() + work.stdout()).toBe("");
  });
});

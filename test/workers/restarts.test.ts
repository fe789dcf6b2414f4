import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { install } from "../../src/install.ts";
import { startThrowaway, type ThrowawayServer } from "../../src/server/throwaway.ts";
import { startLastgood } from "../support/background.ts";
import { waitFor } from "../support/wait.ts";
import { doneChecks, jobs, sendCheck, storedRule, worker } from "./support.ts";

let server: ThrowawayServer;

beforeAll(async () => {
  server = await startThrowaway({ env: process.env });
  const client = await connect();
  await install(client);
  await client.end();
});
afterAll(() => server.stop());

async function connect(): Promise<Client> {
  const client = new Client(server.connection);
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

beforeEach(async () => {
  const client = await connect();
  await client.query("drop schema if exists lastgood_queue cascade");
  await client.query("select lastgood.reset_config_value('BackupCheckPeriodInHours')");
  await client.end();
});

async function session(): Promise<Client> {
  const client = await connect();
  onTestFinished(() => client.end());
  return client;
}

describe("a worker goes on", () => {
  test("after the database was killed and started again, and says so once", async () => {
    const { log } = await worker(server.url);
    const before = await session();
    await doneChecks(before, "start");
    // A throw-away server does not wait for the disk.
    await before.query("checkpoint");
    await server.kill();
    await waitFor(() => log.count("does not answer") > 0);
    await server.restart();
    const client = await session();
    await client.query("select lastgood.set_config_value('BackupCheckPeriodInHours', '4')");
    await waitFor(async () => (await storedRule(client)) === "FREQ=HOURLY;INTERVAL=4");
    await sendCheck(client, "after the restart");
    await doneChecks(client, "after the restart");
    await waitFor(() => log.count("answers again") > 0);
    expect(log.count("does not answer")).toBeLessThanOrEqual(2);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("after all of its backends were terminated, again and again", async () => {
    const { log } = await worker(server.url);
    const client = await session();
    for (const time of ["first", "second", "third"]) {
      await client.query(
        `select pg_terminate_backend(a.pid)
         from pg_stat_activity as a
         where a.application_name like 'lastgood worker%'`,
      );
      await sendCheck(client, time);
      await doneChecks(client, time);
    }
    await client.query("select lastgood.set_config_value('BackupCheckPeriodInHours', '5')");
    await waitFor(async () => (await storedRule(client)) === "FREQ=HOURLY;INTERVAL=5");
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

test("a check that a killed worker had begun is done by another", async () => {
  const client = await session();
  // Holds up every check, so that one is under way when its worker dies.
  await client.query("begin");
  await client.query("lock table lastgood.last_check in exclusive mode");
  const doomed = startLastgood(["work", "--database-url", server.url]);
  const other = await session();
  await waitFor(async () => (await jobs(other)).some(({ state }) => state === "active"), {
    what: "a check under way",
  });
  doomed.child.kill("SIGKILL");
  expect(await doomed.ended()).toBe("SIGKILL");
  await client.query("commit");
  await worker(server.url);
  // The dead worker's last sign of life becomes a minute old.
  await other.query(
    `update lastgood_queue.job
     set heartbeat_on = heartbeat_on - interval '1 minute', retry_delay = 0
     where name = 'freshness-check' and state = 'active'`,
  );
  expect(await doneChecks(other, "start", 2)).toBe(2);
});

test("a worker that stops lets the check under way end", async () => {
  const client = await session();
  const running = await worker(server.url);
  await doneChecks(client, "start");
  await client.query("begin");
  await client.query("lock table lastgood.last_check in exclusive mode");
  const other = await session();
  await sendCheck(other, "slow");
  await waitFor(async () =>
    (await jobs(other)).some(({ trigger, state }) => trigger === "slow" && state === "active"),
  );
  const stopped = running.stop();
  await client.query("commit");
  await stopped;
  expect(await doneChecks(other, "slow")).toBe(1);
  // A server process ends a moment after its connection.
  await waitFor(async () => {
    const { rows } = await other.query(
      "select from pg_stat_activity where application_name like 'lastgood worker%'",
    );
    return rows.length === 0;
  });
});

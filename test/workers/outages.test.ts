import { join } from "node:path";
import { Client } from "pg";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { install } from "../../src/install.ts";
import { startThrowaway, type ThrowawayServer } from "../../src/server/throwaway.ts";
import { executorOptions } from "../../src/workers/executor.ts";
import { backupsOf, contentsOf, expectRestores, isSlow } from "../backup/crash.ts";
import { usePlace } from "../backup/support.ts";
import type { TestDatabase } from "../support/database.ts";
import { skip } from "../support/skip.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait.ts";
import { addBacklog, countStates, endSchedule, expectAccounted } from "./accounts.ts";
import { expectAllRestore, expectSwept } from "./accounts.ts";
import { endExecutionLeases, useRuns } from "./runs.ts";
import { type TestWorker, worker } from "./support.ts";

let server: ThrowawayServer;
const place = usePlace(ownServer);
const runs = useRuns(place);
afterAll(() => server.stop());

const drop = (): Promise<void> => Promise.resolve();

/** One that can be killed; what is committed there stays. */
async function ownServer(): Promise<TestDatabase> {
  server = await startThrowaway({ env: process.env, settings: { synchronous_commit: "on" } });
  const connect = async (): Promise<Client> => {
    const client = new Client(server.connection);
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const client = await connect();
  await install(client);
  await client.end();
  const { url } = server;
  return { name: "postgres", url, urlFor: () => url, connect, drop, [Symbol.asyncDispose]: drop };
}

/** A worker that gives up waiting for an answer soon. */
async function impatient(url: string): Promise<TestWorker> {
  const quick = { tickMs: 50, patienceMs: 10, answerMs: 1_000 };
  return await worker(url, { executor: { ...executorOptions(place.env), ...quick } });
}

async function proxied(): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await startTcpProxy(server.connection);
  onTestFinished(() => proxy.stop());
  const url = new URL(server.url);
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}

test(
  "runs go on after the database was killed under them, twice, and nothing is lost or done twice",
  { timeout: 120_000 },
  async () => {
    const options = { providers: [runs.vault], retries: 5, backoff: "10 milliseconds" };
    const schedule = await addBacklog(runs.client, runs.name, 12, options);
    const { log } = await impatient(server.url);
    await impatient(server.url);
    for (const least of [2, 5]) {
      await waitFor(async () => (await countStates(runs.client, [schedule], "SUCCESS")) >= least);
      await server.kill();
      await waitFor(() => log.count("does not answer") > 0);
      await server.restart();
      await runs.reconnect();
    }
    const isDone = async (): Promise<boolean> =>
      (await countStates(runs.client, [schedule], "QUEUED", "RUNNING")) === 0;
    // A run whose claim was committed and never told of waits for its lease.
    await waitFor(isDone, { timeoutMs: 75_000, what: "all runs to end" });
    await endSchedule(runs.client, schedule);
    await waitFor(isDone);
    const states = await expectAccounted(runs.client, schedule);
    expect(states.get("SUCCESS") ?? 0).toBeGreaterThanOrEqual(11);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
    const wanted = await contentsOf(join(place.folder, "source"));
    await expectAllRestore(place, runs.name, (id) => expectRestores(place, id, wanted));
    await expectSwept(place, runs.client, runs.name, runs.vault);
  },
);

test("a stop in which the database is restarted hands over all the same", async () => {
  const source = `stop${runs.name}`;
  const gate = await runs.addGated(source);
  const schedule = await runs.addSchedule({}, source);
  const stopping = await impatient(server.url);
  await runs.runNow(schedule);
  await waitFor(async () => (await backupsOf(place, source)).length > 0);
  // Nothing is heard any more, so that the stop finds no database.
  await server.kill();
  const stopped = stopping.stop();
  await waitFor(() => stopping.log.count("does not answer") > 0);
  await server.restart();
  await runs.reconnect();
  await stopped;
  expect(await runs.executionsOf(schedule)).toMatchObject([
    { state: "QUEUED", attempt: 1, reason: "handed over to another worker" },
  ]);
  expect(await backupsOf(place, source)).toMatchObject([{ state: "FAILED" }]);
  expect(stopping.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  await gate.open();
  await impatient(server.url);
  expect(await runs.until(schedule, "SUCCESS")).toMatchObject({ attempt: 1 });
});

describe("a worker whose line to the database", () => {
  test("is cut ends its run by what became of it, and takes the next", async () => {
    const { proxy, url } = await proxied();
    const source = `cut${runs.name}`;
    const gate = await runs.addGated(source);
    const schedule = await runs.addSchedule({ retries: 3, backoff: "10 milliseconds" }, source);
    const { log } = await impatient(url);
    await runs.runNow(schedule);
    await waitFor(async () => (await backupsOf(place, source)).length > 0);
    await proxy.cut();
    await gate.open();
    await waitFor(() => log.count("does not answer") > 0);
    await proxy.heal();
    await runs.until(schedule, "SUCCESS");
    await runs.runNow(schedule);
    await waitFor(async () => (await countStates(runs.client, [schedule], "SUCCESS")) === 2);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test(
    "goes dead loses its run to nobody's harm, and comes back",
    { timeout: 90_000 },
    async (context) => {
      if (!isSlow) skip(context, "set LASTGOOD_SLOW_TESTS=1");
      const { proxy, url } = await proxied();
      const source = `dead${runs.name}`;
      const gate = await runs.addGated(source);
      const schedule = await runs.addSchedule({}, source);
      const { log } = await impatient(url);
      await runs.runNow(schedule);
      await waitFor(async () => (await backupsOf(place, source)).length > 0);
      proxy.stall();
      await waitFor(() => log.count("does not answer") > 0);
      await endExecutionLeases(runs.client);
      await runs.client.query("select from lastgood.reap_executions()");
      await runs.until(schedule, "INTERRUPTED");
      await gate.open();
      await proxy.heal();
      await runs.runNow(schedule);
      await runs.until(schedule, "SUCCESS", { timeoutMs: 30_000 });
      expect((await runs.executionsOf(schedule)).map(({ state }) => state)).toEqual([
        "INTERRUPTED",
        "SUCCESS",
      ]);
    },
  );
});

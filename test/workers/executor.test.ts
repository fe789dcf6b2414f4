import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorOptions, type ExecutorOptions } from "../../src/workers/executor.ts";
import { backupsOf, changeProvider, verdictOf } from "../backup/crash.ts";
import { addFiles, usePlace } from "../backup/support.ts";
import { startLastgood } from "../support/background.ts";
import { waitFor } from "../support/wait.ts";
import { type TestWorker, worker } from "./support.ts";

const place = usePlace();
let client: Client;
let count = 0;
let [name, vault] = ["", ""];

beforeAll(async () => {
  client = await place.database.connect();
});
beforeEach(async () => {
  // What an earlier test left is not this one's.
  await client.query(`
    update lastgood.schedule set is_enabled = false where is_enabled;
    delete from lastgood.execution where state = 'QUEUED'`);
  count += 1;
  [name, vault] = [`plan${count}`, `store${count}`];
  const source = join(place.folder, "source");
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
  const path = join(place.folder, vault);
  await place.ok("provider", "add", vault, "--type", "debug", "--set", `path=${path}`);
});

interface ExecutionRow {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  readonly backup_id: string | null;
  readonly worker: string | null;
}

/** A schedule that is never due by itself while a test runs. */
async function addSchedule(options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    "select lastgood.add_schedule($1, '0 0 1 1 *', 'yearly', $2::jsonb) as id",
    [name, JSON.stringify({ providers: [vault], ...options })],
  );
  return rows[0]?.id ?? "";
}

async function runNow(schedule: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>("select lastgood.run_schedule($1) as id", [
    schedule,
  ]);
  return rows[0]?.id ?? "";
}

async function executionsOf(schedule: string): Promise<ExecutionRow[]> {
  const { rows } = await client.query<ExecutionRow>(
    `select execution_id as id, state, reason, attempt, backup_id, worker
     from lastgood.execution where schedule_id = $1 order by execution_id`,
    [schedule],
  );
  return rows;
}

/** Waits until the newest execution has such a state. */
async function until(schedule: string, state: string): Promise<ExecutionRow> {
  return await waitFor(
    async () => {
      const newest = (await executionsOf(schedule)).at(-1);
      return newest?.state === state ? newest : undefined;
    },
    { what: `${state} instead of ${JSON.stringify(await executionsOf(schedule))}` },
  );
}

async function executor(options: Partial<ExecutorOptions> = {}): Promise<TestWorker> {
  const quick = { tickMs: 50, patienceMs: 10 };
  return await worker(place.database.url, {
    executor: { ...executorOptions(place.env), ...quick, ...options },
  });
}

describe("a run", () => {
  test("that was asked for makes a backup, which it names", async () => {
    const schedule = await addSchedule();
    await executor();
    await runNow(schedule);
    const run = await until(schedule, "SUCCESS");
    const [backup] = await backupsOf(place, name);
    expect(backup).toMatchObject({ state: "COMPLETE", id: Number(run.backup_id) });
    expect(backup?.name).toMatch(/^yearly-\d{8}T\d{6}Z$/);
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
  });

  test("that is due is taken, once", async () => {
    const schedule = await addSchedule();
    await client.query(
      `update lastgood.schedule set next_run_at = date_trunc('second', clock_timestamp())
       where schedule_id = $1`,
      [schedule],
    );
    await Promise.all([executor(), executor()]);
    await until(schedule, "SUCCESS");
    expect(await executionsOf(schedule)).toHaveLength(1);
  });

  test("whose provider fails is an ERROR with its reason", async () => {
    const schedule = await addSchedule();
    await changeProvider(client, vault, { fail: "put::full" });
    await executor();
    await runNow(schedule);
    expect(await until(schedule, "ERROR")).toMatchObject({
      attempt: 1,
      reason: "put was asked to fail",
    });
    expect(await verdictOf(place, name)).toMatchObject({ state: "missing" });
  });

  test("that fails is tried again, in the same row", async () => {
    const schedule = await addSchedule({ retries: 2, backoff: "10 milliseconds" });
    await changeProvider(client, vault, { fail: "open::unreachable" });
    await executor();
    await runNow(schedule);
    await waitFor(async () => ((await executionsOf(schedule))[0]?.attempt ?? 0) > 1);
    await changeProvider(client, vault, { fail: null });
    const all = await waitFor(async () => {
      const runs = await executionsOf(schedule);
      return ["SUCCESS", "ERROR"].includes(runs[0]?.state ?? "") ? runs : undefined;
    });
    expect(all).toHaveLength(1);
  });

  test("that has only noop to go to is SKIPPED and reports no success", async () => {
    const schedule = await addSchedule({ providers: ["noop"] });
    await executor();
    await runNow(schedule);
    expect(await until(schedule, "SKIPPED")).toMatchObject({ reason: "no provider" });
    expect(await verdictOf(place, name)).toMatchObject({ state: "missing" });
  });

  test("of a source with labels waits for a worker that has them", async () => {
    const schedule = await addSchedule();
    await client.query("update lastgood.source set labels = '{inside}' where name = $1", [name]);
    const { log } = await executor();
    await runNow(schedule);
    await waitFor(() => log.count("checked the freshness") > 0);
    expect(await executionsOf(schedule)).toMatchObject([{ state: "QUEUED" }]);
    await executor({ labels: ["inside", "more"] });
    await until(schedule, "SUCCESS");
  });
});

describe("a worker", () => {
  test("that is stopped hands over what runs, and another one runs it", async () => {
    const schedule = await addSchedule();
    await changeProvider(client, vault, { hang: "put" });
    const first = await executor();
    await runNow(schedule);
    await until(schedule, "RUNNING");
    await first.stop();
    expect(await executionsOf(schedule)).toMatchObject([
      { state: "QUEUED", attempt: 1, reason: expect.stringContaining("handed over") as string },
    ]);
    await changeProvider(client, vault, { hang: null });
    await executor();
    await until(schedule, "SUCCESS");
  });

  test("that is killed leaves an INTERRUPTED run, and the schedule goes on", async () => {
    const schedule = await addSchedule();
    await changeProvider(client, vault, { hang: "put" });
    const killed = startLastgood(["work"], { env: place.env });
    await killed.says("ready");
    await runNow(schedule);
    await until(schedule, "RUNNING");
    killed.child.kill("SIGKILL");
    await killed.ended();
    await changeProvider(client, vault, { hang: null });
    await client.query(
      // After a restart of the server nothing is reaped for as long as a lease is.
      `update lastgood.execution
       set lease_until = clock_timestamp() - interval '1 second', lease = '1 millisecond'
       where state = 'RUNNING'`,
    );
    await executor();
    await until(schedule, "INTERRUPTED");
    expect((await backupsOf(place, name))[0]).toMatchObject({ state: "FAILED" });
    await runNow(schedule);
    await until(schedule, "SUCCESS");
  });

  test("gives up a run that is cancelled, and takes the next", { timeout: 40_000 }, async () => {
    const schedule = await addSchedule();
    await changeProvider(client, vault, { hang: "put" });
    const { log } = await executor({ concurrency: 1 });
    const run = await runNow(schedule);
    await until(schedule, "RUNNING");
    await client.query("select lastgood.cancel_execution($1)", [run]);
    await until(schedule, "CANCELLED");
    await changeProvider(client, vault, { hang: null });
    await runNow(schedule);
    // Its next heartbeat tells the worker.
    await waitFor(() => log.count("is ours no more") > 0, { timeoutMs: 20_000 });
    await until(schedule, "SUCCESS");
  });
});

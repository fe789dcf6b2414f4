import { describe, expect, test } from "vitest";
import { backupsOf } from "../backup/crash.ts";
import { usePlace } from "../backup/support.ts";
import { startLastgood } from "../support/background.ts";
import { waitFor } from "../support/wait.ts";
import { endExecutionLeases, useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

describe("a long backup", () => {
  test("never expires while it beats", { timeout: 60_000 }, async () => {
    const source = `slow${runs.name}`;
    const gate = await runs.addGated(source);
    const schedule = await runs.addSchedule({}, source);
    // Two that would take it from each other.
    await Promise.all([runs.executor(), runs.executor()]);
    await runs.runNow(schedule);
    const started = await runs.until(schedule, "RUNNING");
    // Less than two beats are left of its lease.
    const { rows } = await runs.client.query<{ until: string }>(
      `update lastgood.execution set lease_until = clock_timestamp() + interval '13 seconds'
       where execution_id = $1
       returning lease_until::text as until`,
      [started.id],
    );
    await waitFor(
      async () => {
        const { rows: later } = await runs.client.query(
          "select from lastgood.execution where execution_id = $1 and lease_until > $2",
          [started.id, rows[0]?.until],
        );
        return later.length > 0;
      },
      { timeoutMs: 20_000, what: "a beat" },
    );
    await gate.open();
    expect(await runs.until(schedule, "SUCCESS")).toMatchObject({ id: started.id, attempt: 1 });
    expect(await runs.executionsOf(schedule)).toHaveLength(1);
    expect(await backupsOf(place, source)).toMatchObject([{ state: "COMPLETE" }]);
  });

  test("that was INTERRUPTED and ends late changes nothing any more", async () => {
    const source = `late${runs.name}`;
    const gate = await runs.addGated(source);
    const schedule = await runs.addSchedule({}, source);
    const { log } = await runs.executor({ patienceMs: 10_000 });
    await runs.runNow(schedule);
    const run = await runs.until(schedule, "RUNNING");
    await waitFor(async () => (await backupsOf(place, source)).length > 0);
    await endExecutionLeases(runs.client);
    const interrupted = await runs.until(schedule, "INTERRUPTED");
    await gate.open();
    await waitFor(() => log.count("is ours no more") > 0, { timeoutMs: 20_000 });
    expect(await runs.executionsOf(schedule)).toEqual([interrupted]);
    expect(interrupted.id).toBe(run.id);
    expect(await backupsOf(place, source)).toMatchObject([{ state: "FAILED", is_good: false }]);
    await runs.runNow(schedule);
    await runs.until(schedule, "SUCCESS");
  });
});

describe("a worker that stops", () => {
  test("waits for what ends in time and hands over the rest", async () => {
    const [quick, slow] = [`quick${runs.name}`, `slow${runs.name}`];
    const gate = await runs.addGated(quick);
    await runs.addGated(slow);
    const schedules = [await runs.addSchedule({}, quick), await runs.addSchedule({}, slow)];
    const [ends = "", goesOn = ""] = schedules;
    const worker = await runs.executor({ patienceMs: 4_000 });
    for (const schedule of schedules) await runs.runNow(schedule);
    for (const source of [quick, slow]) {
      await waitFor(async () => (await backupsOf(place, source)).length > 0);
    }
    const stopped = worker.stop();
    await gate.open();
    await runs.until(ends, "SUCCESS");
    expect(await runs.executionsOf(goesOn)).toMatchObject([{ state: "RUNNING" }]);
    await stopped;
    expect(await runs.executionsOf(goesOn)).toMatchObject([{ state: "QUEUED", attempt: 1 }]);
    expect(await backupsOf(place, slow)).toMatchObject([{ state: "FAILED" }]);
  });

  test("takes nothing new", async () => {
    const source = `slow${runs.name}`;
    const gate = await runs.addGated(source);
    const [running, waiting] = [await runs.addSchedule({}, source), await runs.addSchedule()];
    const worker = await runs.executor({ patienceMs: 10_000 });
    await runs.runNow(running);
    await runs.until(running, "RUNNING");
    const stopped = worker.stop();
    // What it asked before may still be answered.
    await waitFor(() => worker.log.count("backups that run: 1") > 0);
    await runs.runNow(waiting);
    await gate.open();
    await stopped;
    expect(await runs.executionsOf(running)).toMatchObject([{ state: "SUCCESS" }]);
    expect(await runs.executionsOf(waiting)).toMatchObject([{ state: "QUEUED" }]);
  });

  test("as a process on SIGTERM, ends with 0 and nothing RUNNING", async () => {
    const source = `slow${runs.name}`;
    const gate = await runs.addGated(source);
    const schedule = await runs.addSchedule({}, source);
    const work = startLastgood(["work", "--patience", "1"], { env: place.env });
    await work.says('"msg":"ready"');
    await runs.runNow(schedule);
    await waitFor(async () => (await backupsOf(place, source)).length > 0);
    work.child.kill("SIGTERM");
    expect(await work.ended()).toBe(0);
    expect(work.stderr()).toContain("backups that run: 1; what goes on for longer than 1 s");
    expect(work.stderr()).toContain(`the backup of ${source} is to be made anew`);
    expect(await runs.executionsOf(schedule)).toMatchObject([{ state: "QUEUED", attempt: 1 }]);
    await gate.open();
    await runs.executor();
    await runs.until(schedule, "SUCCESS");
  });
});

test("lastgood up runs schedules as lastgood work does", async () => {
  const schedule = await runs.addSchedule();
  const up = startLastgood(["up"], { env: place.env });
  await up.says("ready; stop with Ctrl-C");
  await runs.runNow(schedule);
  await runs.until(schedule, "SUCCESS");
  up.child.kill("SIGINT");
  expect(await up.ended()).toBe(0);
});

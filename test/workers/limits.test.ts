import { describe, expect, test } from "vitest";
import type { ExecutorOptions } from "../../src/workers/executor.ts";
import { usePlace } from "../backup/support.ts";
import { waitFor } from "../support/wait.ts";
import { type Gate, useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

/** Schedules of a source, each with a run that waits. */
async function queueRuns(source: string, count: number): Promise<string[]> {
  const schedules: string[] = [];
  for (let each = 1; each <= count; each += 1) {
    const schedule = await runs.addSchedule({}, source, `${source}-${each}`);
    schedules.push(schedule);
    await runs.runNow(schedule);
  }
  return schedules;
}

async function countRuns(schedules: readonly string[], state: string): Promise<number> {
  const { rows } = await runs.client.query(
    "select from lastgood.execution where schedule_id = any ($1) and state = $2",
    [schedules, state],
  );
  return rows.length;
}

async function untilDone(schedules: readonly string[], count = schedules.length): Promise<void> {
  await waitFor(async () => (await countRuns(schedules, "SUCCESS")) === count, {
    what: "all runs to end",
    timeoutMs: 25_000,
  });
}

/** How many of these ran at the same moment, by the times that the database wrote; by what they share. */
async function mostAtOnce(schedules: readonly string[], shared: string): Promise<number[]> {
  const { rows } = await runs.client.query<{ most: number }>(
    `with run as (
       select e.started_at, e.finished_at, ${shared} as shared
       from lastgood.execution as e
       join lastgood.schedule as s on s.schedule_id = e.schedule_id
       where e.schedule_id = any ($1)
     )
     select max((
       select count(*)
       from run as o
       where o.shared = r.shared and o.started_at <= r.started_at and o.finished_at > r.started_at
     ))::integer as most
     from run as r
     group by r.shared
     order by r.shared`,
    [schedules],
  );
  return rows.map(({ most }) => most);
}

async function threeWorkers(options: Partial<ExecutorOptions>): Promise<void> {
  await Promise.all([1, 2, 3].map(() => runs.executor({ patienceMs: 5_000, ...options })));
}

async function ofThreeHosts(): Promise<void> {
  await Promise.all(["a", "b", "c"].map((host) => runs.executor({ host, patienceMs: 5_000 })));
}

async function limit(table: "source" | "provider", name: string, most: number): Promise<void> {
  await runs.client.query(`update lastgood.${table} set max_running = $2 where name = $1`, [
    name,
    most,
  ]);
}

describe("three workers of one host", () => {
  test("run together no more than the host may", async () => {
    await limit("source", runs.name, 9);
    const schedules = await queueRuns(runs.name, 6);
    await threeWorkers({ concurrency: 2, host: "small" });
    await untilDone(schedules);
    expect(await mostAtOnce(schedules, "e.host")).toEqual([2]);
  });

  test("run together as many as a gate holds back, and not one more", async () => {
    const gates: Gate[] = [];
    const schedules: string[] = [];
    for (const each of ["a", "b", "c"]) {
      gates.push(await runs.addGated(each + runs.name));
      schedules.push(...(await queueRuns(each + runs.name, 1)));
    }
    await threeWorkers({ concurrency: 2, host: "small" });
    await waitFor(async () => (await countRuns(schedules, "RUNNING")) === 2);
    for (const gate of gates) await gate.open();
    await untilDone(schedules);
    expect(await mostAtOnce(schedules, "e.host")).toEqual([2]);
  });
});

describe("three workers, each of a host of its own,", () => {
  test("run one backup of a source at once", async () => {
    const schedules = await queueRuns(runs.name, 5);
    await ofThreeHosts();
    await untilDone(schedules);
    expect(await mostAtOnce(schedules, "s.source_id")).toEqual([1]);
  });

  test("write no more at once to a provider than may", async () => {
    await limit("source", runs.name, 9);
    await limit("provider", runs.vault, 2);
    const schedules = await queueRuns(runs.name, 6);
    await ofThreeHosts();
    await untilDone(schedules);
    expect(await mostAtOnce(schedules, "1")).toEqual([2]);
  });

  test("leave one run of a schedule to end before they begin its next", async () => {
    const source = `slow${runs.name}`;
    const gate = await runs.addGated(source);
    await limit("source", source, 9);
    const schedule = await runs.addSchedule({ overlap: "queue" }, source);
    await runs.runNow(schedule);
    await ofThreeHosts();
    await runs.until(schedule, "RUNNING");
    await runs.runNow(schedule);
    await gate.open();
    await untilDone([schedule], 2);
    expect(await mostAtOnce([schedule], "1")).toEqual([1]);
  });
});

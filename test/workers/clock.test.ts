import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { backupsOf, isSlow, startRun } from "../backup/crash.ts";
import { usePlace } from "../backup/support.ts";
import type { Background } from "../support/background.ts";
import { skip } from "../support/skip.ts";
import { waitFor } from "../support/wait.ts";
import { useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);
const preload = fileURLToPath(new URL("clock.child.ts", import.meta.url));
const tenMinutes = 600_000;

async function workerOff(ms: number): Promise<Background> {
  const work = startRun(place, ["work"], {
    NODE_OPTIONS: `--import=${preload}`,
    LASTGOOD_TEST_CLOCK_OFF_MS: String(ms),
  });
  await work.says('"msg":"ready"');
  // Its log bears its own time.
  const [first = ""] = work.stderr().split("\n");
  const { time } = JSON.parse(first) as { time: string | number };
  expect(Math.abs(new Date(time).getTime() - Date.now() - ms)).toBeLessThan(120_000);
  return work;
}

/** Lets a schedule be due so many seconds from now, by the clock of the database. */
async function dueIn(schedule: string, seconds: number): Promise<void> {
  await runs.client.query(
    `update lastgood.schedule
     set next_run_at = date_trunc('second', clock_timestamp()) + $2 * interval '1 second'
     where schedule_id = $1`,
    [schedule, seconds],
  );
}

describe.each([
  ["ten minutes ahead", tenMinutes],
  ["ten minutes behind", -tenMinutes],
])("a worker whose clock is %s", (_, off) => {
  test("runs what is due, when it is due, and nothing else", { timeout: 60_000 }, async () => {
    const [early, due] = [await runs.addSchedule(), await runs.addSchedule({}, runs.name, "due")];
    await dueIn(early, 300);
    const work = await workerOff(off);
    await dueIn(due, 0);
    const run = await runs.until(due, "SUCCESS");
    const { rows } = await runs.client.query<{ is_right: boolean }>(
      `select
         e.queued_at >= e.slot_at and e.started_at >= e.queued_at
           and e.finished_at between e.started_at and clock_timestamp()
           and b.started_at between e.started_at and b.ended_at and b.ended_at <= e.finished_at
           as is_right
       from lastgood.execution as e
       join lastgood.backup as b on b.backup_id = e.backup_id
       where e.execution_id = $1`,
      [run.id],
    );
    expect(rows).toEqual([{ is_right: true }]);
    expect(await runs.executionsOf(early)).toEqual([]);
    work.child.kill("SIGTERM");
    expect(await work.ended()).toBe(0);
  });

  test("keeps its lease beside one whose clock is right", { timeout: 60_000 }, async (context) => {
    if (!isSlow) skip(context, "set LASTGOOD_SLOW_TESTS=1");
    const source = `off${runs.name}`;
    const gate = await runs.addGated(source);
    const schedule = await runs.addSchedule({}, source);
    const work = await workerOff(off);
    await runs.runNow(schedule);
    const started = await runs.until(schedule, "RUNNING");
    await runs.executor();
    const until = async (): Promise<string | undefined> => {
      const { rows } = await runs.client.query<{ until: string }>(
        `select lease_until::text as until from lastgood.execution
         where execution_id = $1 and lease_until between clock_timestamp()
           and clock_timestamp() + interval '30 seconds'`,
        [started.id],
      );
      return rows[0]?.until;
    };
    const first = await until();
    expect(first).toBeDefined();
    // A beat later.
    await waitFor(async () => (await until()) !== first, { timeoutMs: 20_000 });
    await gate.open();
    expect(await runs.until(schedule, "SUCCESS")).toMatchObject({ id: started.id, attempt: 1 });
    expect(await backupsOf(place, source)).toMatchObject([{ state: "COMPLETE" }]);
    work.child.kill("SIGTERM");
    expect(await work.ended()).toBe(0);
  });
});

import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Execution } from "../../src/dao/execution.ts";
import { usePlace } from "../backup/support.ts";
import { addSource, cellsOf } from "./support.ts";

const place = usePlace();
let client: Client;
let count = 0;
let schedule = 0;

beforeAll(async () => {
  client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
});

beforeEach(async () => {
  count += 1;
  // A worker takes whatever waits.
  await client.query("delete from lastgood.execution");
  schedule = await addSchedule(`notes${count}`);
});

async function addSchedule(source: string): Promise<number> {
  await addSource(client, source);
  const { rows } = await client.query<{ id: number }>(
    "select lastgood.add_schedule($1, '0 3 * * *', 'nightly')::integer as id",
    [source],
  );
  return rows[0]?.id ?? 0;
}

/** Executions that ended, of the slots of these days in January 2026; the id of each. */
async function addEnded(...days: number[]): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    `insert into lastgood.execution (schedule_id, slot_at, state, finished_at, output)
     select $1, make_timestamptz(2026, 1, d.day, 3, 0, 0, 'UTC'), 'SUCCESS', clock_timestamp(),
       '{"status": "SUCCESS", "backup_id": null, "error": null}'
     from unnest($2::integer[]) with ordinality as d(day, number)
     order by d.number
     returning execution_id::integer as id`,
    [schedule, days],
  );
  return rows.map(({ id }) => id);
}

async function idsOf(...options: string[]): Promise<number[]> {
  const args = ["execution", "list", String(schedule)];
  return (await place.json<Execution[]>(args, options)).map(({ id }) => id);
}

async function run(): Promise<string> {
  return await place.ok("schedule", "run", String(schedule));
}

/** A worker takes the only execution that waits. */
async function claim(): Promise<void> {
  await client.query("select lastgood.claim_execution('worker', 'host')");
}

async function stateOf(id: string): Promise<string> {
  return (await place.json<Execution>("execution", "show", id)).state;
}

describe("list", () => {
  test("has the columns of Trove, in UTC, the newest first", async () => {
    expect(await place.ok("execution", "list", String(schedule))).toBe("There is no execution.");
    expect(await idsOf()).toEqual([]);
    const [second, first] = await addEnded(6, 5);
    const output = '{"status":"SUCCESS","backup_id":null,"error":null}';
    expect(cellsOf(await place.ok("execution", "list", String(schedule)))).toEqual([
      ["ID", "Execution Time", "State", "Output"],
      [String(second), "2026-01-06 03:00:00 UTC", "SUCCESS", output],
      [String(first), "2026-01-05 03:00:00 UTC", "SUCCESS", output],
    ]);
    const asked = await run();
    expect(cellsOf(await place.ok("execution", "list", String(schedule)))[1]).toEqual([
      asked,
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/),
      "QUEUED",
      "-",
    ]);
  });

  test("a page ends with the marker of the next, and the last one may be full", async () => {
    const [third = 0, first = 0, second = 0] = await addEnded(7, 5, 6);
    expect(await idsOf("--limit", "1")).toEqual([third]);
    expect(await idsOf("--limit", "1", "--marker", String(third))).toEqual([second]);
    expect(await idsOf("--limit", "2", "--marker", String(third))).toEqual([second, first]);
    expect(await idsOf("--limit", "3")).toEqual([third, second, first]);
    expect(await idsOf("--limit", "1000")).toEqual([third, second, first]);
    expect(await idsOf("--marker", String(first))).toEqual([]);
  });

  test("goes on in its place while rows come, and after the marker was deleted", async () => {
    const [fourth = 0, third = 0, second = 0, first = 0] = await addEnded(8, 7, 6, 5);
    expect(await idsOf("--limit", "2")).toEqual([fourth, third]);
    await addEnded(9);
    await place.ok("execution", "delete", String(third));
    expect(await idsOf("--limit", "2", "--marker", String(third))).toEqual([second, first]);
  });

  test("leaves out those of a schedule that is alike, and refuses their markers", async () => {
    const [mine = 0] = await addEnded(5);
    const other = schedule;
    schedule = await addSchedule(`alike${count}`);
    expect(await idsOf()).toEqual([]);
    const marker = ["--marker", String(mine), "--json"];
    const { status, output } = await place.run("execution", "list", String(schedule), marker);
    expect([status, output]).toEqual([1, expect.stringContaining("LG077")]);
    schedule = other;
    expect(await idsOf()).toEqual([mine]);
  });

  test.each([["0"], ["-1"], ["1001"], ["all"]])("a limit of %s is refused", async (limit) => {
    await addEnded(5);
    const { status, output } = await place.run(
      ["execution", "list", String(schedule)],
      ["--limit", limit],
    );
    expect([status, output]).toEqual([2, ""]);
  });

  test("keeps its columns where text is wide", async () => {
    const [id = 0] = await addEnded(5);
    await client.query(
      `update lastgood.execution set state = 'ERROR', output = '{"error": "容量不足\\n- æ"}'
       where execution_id = $1`,
      [id],
    );
    expect(cellsOf(await place.ok("execution", "list", String(schedule)))).toEqual([
      ["ID", "Execution Time", "State", "Output"],
      [String(id), "2026-01-05 03:00:00 UTC", "ERROR", String.raw`{"error":"容量不足\n- æ"}`],
    ]);
  });
});

test("show tells of the slot, the worker and the backup", async () => {
  const id = await run();
  await claim();
  expect(await place.json("execution", "show", id)).toMatchObject({
    id: Number(id),
    schedule_id: schedule,
    schedule: "nightly",
    instance: `notes${count}`,
    slot_at: null,
    state: "RUNNING",
    attempt: 1,
    worker: "worker",
    host: "host",
    backup_id: null,
    output: null,
    running_until: expect.any(String) as string,
  });
  expect(await place.ok("execution", "show", id)).toMatch(/^state +RUNNING$/m);
  await place.ok("execution", "cancel", id);
  const { status, errors } = await place.run("execution", "show", "999999");
  expect([status, errors]).toEqual([1, expect.stringContaining("there is no execution 999999")]);
});

describe("cancel", () => {
  test.each([
    ["waits", false],
    ["runs", true],
  ])("ends one that %s, and prints nothing", async (_, isRunning) => {
    const id = await run();
    if (isRunning) await claim();
    expect(await place.ok("execution", "cancel", id)).toBe("");
    expect(await place.json("execution", "show", id)).toMatchObject({
      state: "CANCELLED",
      reason: expect.stringMatching(/^cancelled by /) as string,
      finished_at: expect.any(String) as string,
      output: { status: "CANCELLED" },
    });
  });

  test("refuses one that has ended", async () => {
    const [id = 0] = await addEnded(5);
    const { status, output } = await place.run("execution", "cancel", String(id), "--json");
    expect(status).not.toBe(0);
    expect(output).not.toContain("CANCELLED");
    expect(await stateOf(String(id))).toBe("SUCCESS");
  });
});

describe("delete", () => {
  test("prints nothing", async () => {
    const [id = 0] = await addEnded(5);
    expect(await place.ok("execution", "delete", String(id))).toBe("");
    expect(await idsOf()).toEqual([]);
    expect((await place.run("execution", "delete", String(id))).status).toBe(1);
  });

  test.each([
    ["waits", "QUEUED", false],
    ["runs", "RUNNING", true],
  ])("of one that %s needs --force, which cancels it first", async (_, state, isRunning) => {
    const id = await run();
    if (isRunning) await claim();
    const { status, errors } = await place.run("execution", "delete", id);
    expect([status, errors]).toEqual([1, expect.stringContaining("--force")]);
    expect(await stateOf(id)).toBe(state);
    expect(await place.ok("execution", "delete", id, "--force")).toBe("");
    expect(await idsOf()).toEqual([]);
    const events = await place.json<{ log_type_name: string }[]>("events", "--limit", "2");
    expect(events.map((event) => event.log_type_name)).toEqual([
      "LASTGOOD_EXECUTION_DELETED",
      "LASTGOOD_EXECUTION_CANCELLED",
    ]);
  });
});

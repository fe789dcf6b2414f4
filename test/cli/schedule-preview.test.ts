import { beforeAll, expect, test } from "vitest";
import type { NextRun } from "../../src/dao/schedule.ts";
import { usePlace } from "../backup/support.ts";
import { addSource, cellsOf } from "./support.ts";

const place = usePlace();

beforeAll(async () => {
  const client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
  await addSource(client, "notes");
});

const santiago = [
  ["schedule", "preview", "30 2 * * *", "--tz", "America/Santiago"],
  ["--from", "2026-09-05T00:00:00Z", "--count", "3"],
];

test("prints the runs of a pattern in its zone and in UTC", async () => {
  expect(await place.json<NextRun[]>(...santiago)).toEqual([
    { run_at: "2026-09-05T06:30:00.000Z", local: "2026-09-05T02:30:00-04:00" },
    { run_at: "2026-09-06T05:30:00.000Z", local: "2026-09-06T02:30:00-03:00" },
    { run_at: "2026-09-07T05:30:00.000Z", local: "2026-09-07T02:30:00-03:00" },
  ]);
  expect(cellsOf(await place.ok(...santiago))).toEqual([
    ["Next Execution Time", "America/Santiago"],
    ["2026-09-05 06:30:00 UTC", "2026-09-05 02:30:00 -04:00"],
    ["2026-09-06 05:30:00 UTC", "2026-09-06 02:30:00 -03:00"],
    ["2026-09-07 05:30:00 UTC", "2026-09-07 02:30:00 -03:00"],
  ]);
});

test("of a schedule within its limits, in its own zone", async () => {
  const zone = ["--tz", "Asia/Kolkata", "--first-at", "2100-01-01T00:00:00Z"];
  await place.ok(["schedule", "create", "notes", "30 2 * * *", "limited", "--max-runs", "2"], zone);
  expect(await place.json("schedule", "preview", "limited")).toEqual([
    { run_at: "2100-01-01T21:00:00.000Z", local: "2100-01-02T02:30:00+05:30" },
    { run_at: "2100-01-02T21:00:00.000Z", local: "2100-01-03T02:30:00+05:30" },
  ]);
  const until = ["--max-runs", "none", "--until", "2100-01-04T00:00:00Z"];
  await place.ok("schedule", "update", "limited", until);
  expect(await place.json("schedule", "preview", "limited")).toHaveLength(3);
  await place.ok("schedule", "disable", "limited");
  const { errors } = await place.run("schedule", "preview", "limited");
  expect(errors).toContain("disabled");
  expect((await place.run("schedule", "preview", "limited", "--tz", "UTC")).status).toBe(2);
});

test.each([["0"], ["-1"], ["1001"], ["some"]])("a count of %s is refused", async (number) => {
  const { status } = await place.run("schedule", "preview", "0 3 * * *", "--count", number);
  expect(status).toBe(2);
});

test("refuses what is no pattern, no zone and no time", async () => {
  const run = async (...args: string[]): Promise<unknown> => {
    const { status, output } = await place.run("schedule", "preview", args, "--json");
    return [status, (JSON.parse(output) as { error: { code: string } }).error.code];
  };
  expect(await run("0 3 * *")).toEqual([2, "LG070"]);
  expect(await run("@daily")).toEqual([2, "LG070"]);
  expect(await run("0 3 * * *", "--tz", "Mars/Phobos")).toEqual([2, "LG070"]);
  expect(await run("0 3 * * *", "--from", "infinity")).toEqual([2, "LG079"]);
  expect(await run("0 3 * * *", "--from", "290000-01-01T00:00Z")).toEqual([2, "LG079"]);
  expect(await run("0 3 * * *", "--from", "soon")).toEqual([2, "22007"]);
  expect(await run("nothing")).toEqual([1, "LG074"]);
});

import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Execution } from "../../src/dao/execution.ts";
import type { Schedule } from "../../src/dao/schedule.ts";
import { usePlace } from "../backup/support.ts";
import { makeBackup } from "../support/catalogue.ts";
import { addSource, cellsOf } from "./support.ts";

const place = usePlace();
let client: Client;
let count = 0;
let source = "";

beforeAll(async () => {
  client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
});

beforeEach(async () => {
  count += 1;
  source = await addSource(client, `notes${count}`);
});

/** A schedule of the test's source. */
async function create(name: string, ...options: string[]): Promise<Schedule> {
  return await place.json("schedule", "create", source, "30 2 * * *", name, options);
}

const utc = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/;

describe("create", () => {
  test("prints the schedule as show does, with what Trove shows of one", async () => {
    const printed = await place.ok(
      ["schedule", "create", source, "*/2 * * * *", "myback", "--tz", "Europe/Oslo"],
      ["--description", "every other minute", "--provider", "vault"],
    );
    const [{ id } = { id: 0 }] = await place.json<Schedule[]>("schedule", "list", source);
    expect(printed).toBe(await place.ok("schedule", "show", String(id)));
    const [head, ...rows] = cellsOf(printed);
    expect(head).toEqual(["Property", "Value"]);
    const names = rows.map(([name = ""]) => name);
    expect(names).toEqual(names.toSorted((one, other) => (one < other ? -1 : 1)));
    const properties = Object.fromEntries(rows) as Record<string, string>;
    expect(properties).toMatchObject({
      created_at: expect.stringMatching(utc) as string,
      id: String(id),
      instance: source,
      name: "myback",
      next_execution_time: expect.stringMatching(utc) as string,
      parent_id: "-",
      pattern: "*/2 * * * *",
      updated_at: "-",
      tz: "Europe/Oslo",
      description: "every other minute",
      overlap: "skip",
      missed: "once",
      missed_cap: "10",
      retries: "0",
      grace: "1h",
    });
    expect(properties).not.toHaveProperty("timeout");
    expect(JSON.parse(properties["input"] ?? "")).toEqual({
      instance: source,
      name: "myback",
      description: "every other minute",
      parent_id: null,
    });
  });

  test("takes every setting, intervals as PostgreSQL writes them", async () => {
    const schedule = await create(
      "all",
      "--overlap",
      "queue",
      "--missed",
      "all",
      "--missed-cap",
      "3",
      "--retries",
      "2",
      "--backoff",
      "1h",
      "--timeout",
      "90 minutes",
      "--grace",
      "2 days",
      "--max-runs",
      "7",
      "--first-at",
      "2100-01-01T00:00:00Z",
      "--until",
      "2101-01-01T00:00:00+02:00",
      "--keep-last",
      "5",
      "--keep-daily",
      "7",
      "--keep-yearly",
      "1",
      "--keep-proven",
      "2",
    );
    expect(schedule).toMatchObject({
      overlap: "queue",
      missed: "all",
      missed_cap: 3,
      retries: 2,
      backoff_seconds: 3600,
      timeout_seconds: 5400,
      grace_seconds: 172_800,
      max_runs: 7,
      first_at: "2100-01-01T00:00:00.000Z",
      until_at: "2100-12-31T22:00:00.000Z",
      next_execution_time: "2100-01-01T02:30:00.000Z",
      keep_last: 5,
      keep_hourly: null,
      keep_daily: 7,
      keep_yearly: 1,
      keep_proven: 2,
      kind: "full",
      providers: [],
    });
  });

  test("knows the source by its id too", async () => {
    const { id } = await place.json<{ id: number }>("source", "show", source);
    const pattern = ["0 3 * * *", "byid"];
    const schedule = await place.json<Schedule>("schedule", "create", String(id), pattern);
    expect([schedule.instance, schedule.source_id]).toEqual([source, id]);
    for (const unknown of ["nothing", "999999"]) {
      const { status, errors } = await place.run("schedule", "create", unknown, pattern);
      expect([status, errors]).toEqual([
        1,
        expect.stringContaining(`No source with a name or ID of '${unknown}' exists.`),
      ]);
    }
  });

  test("builds on the latest backup, or on one that it checks", async () => {
    const latest = ["--incremental", "--on-missing-parent", "fail", "--max-chain", "14"];
    const { id, ...made } = await create("latest", ...latest);
    expect(made).toMatchObject({
      kind: "incremental",
      parent_id: null,
      on_missing_parent: "fail",
      max_chain: 14,
    });
    expect(await place.ok("schedule", "show", String(id))).toMatch(/max_chain +14/);
    await place.ok("schedule", "update", String(id), "--max-chain", "none");
    expect(await place.json<Schedule>("schedule", "show", String(id))).toMatchObject({
      max_chain: null,
    });
    const { backup_id: parent } = await makeBackup(client, { source });
    expect(await create("fixed", "--parent", String(parent))).toMatchObject({
      kind: "incremental",
      parent_id: parent,
      input: { parent_id: parent },
    });
    const args = ["schedule", "create", source, "0 3 * * *", "other"];
    const missing = await place.run(...args, "--parent", "999999", "--json");
    expect([missing.status, missing.output]).toEqual([1, expect.stringContaining("LG033")]);
    const both = await place.run(...args, "--parent", String(parent), "--incremental");
    expect(both.status).toBe(2);
  });

  test.each([
    ["a pattern that is none", ["61 * * * *", "bad"], "LG070", 2],
    ["six fields", ["0 0 * * * *", "bad"], "LG070", 2],
    ["one that never matches", ["30 2 31 2 *", "bad"], "LG072", 2],
    ["a zone that is none", ["0 3 * * *", "bad", "--tz", "Mars/Phobos"], "LG070", 2],
    ["a name that is none", ["0 3 * * *", "not good"], "LG021", 2],
    ["an interval that is none", ["0 3 * * *", "bad", "--timeout", "soon"], "LG073", 2],
    ["a provider that is none", ["0 3 * * *", "bad", "--provider", "nowhere"], "LG026", 1],
  ])("refuses %s", async (_, args, code, wanted) => {
    const { status, output } = await place.run("schedule", "create", source, args, "--json");
    expect([status, JSON.parse(output)]).toEqual([
      wanted,
      { error: expect.objectContaining({ code }) as object },
    ]);
    expect(await place.json("schedule", "list", source)).toEqual([]);
  });

  test("warns on stderr of days that months lack, of skipped times and of haste", async () => {
    const make = async (...args: string[]): Promise<string[]> => {
      const { status, output, errors } = await place.run("schedule", "create", source, args);
      expect([status, output]).toEqual([0, expect.stringContaining("next_execution_time")]);
      return errors.split("\n").filter((line) => line !== "");
    };
    expect(await make("0 3 * * *", "fine")).toEqual([]);
    expect(await make("0 3 31 * *", "last")).toEqual([
      "lastgood: warning: it skips months, or years, that have no day 31",
    ]);
    expect(await make("30 2 * * *", "gap", "--tz", "Europe/Oslo")).toEqual([
      expect.stringMatching(/^lastgood: warning: 02:30 is skipped in Europe\/Oslo on .* at 03:00$/),
    ]);
    const { backup_id: id } = await makeBackup(client, { source });
    await client.query(
      `update lastgood.backup set started_at = ended_at - interval '1 hour' where backup_id = $1`,
      [id],
    );
    expect(await make("*/5 * * * *", "hasty")).toEqual([
      expect.stringMatching(/^lastgood: warning: it runs every 00:05:00, and .* takes 01:00:00/),
    ]);
  });
});

describe("list", () => {
  test("has the columns of Trove, the next to run first", async () => {
    expect(await place.ok("schedule", "list", source)).toBe("There is no schedule.");
    expect(await place.json("schedule", "list", source)).toEqual([]);
    const later = await create("later", "--first-at", "2100-01-01T00:00:00Z");
    const soon = await create("soon");
    const off = await create("off");
    await place.ok("schedule", "disable", "off");
    const [head, ...rows] = cellsOf(await place.ok("schedule", "list", source));
    expect(head).toEqual(["ID", "Name", "Pattern", "Next Execution Time"]);
    expect(rows).toEqual([
      [String(soon.id), "soon", "30 2 * * *", expect.stringMatching(utc)],
      [String(later.id), "later", "30 2 * * *", "2100-01-01 02:30:00 UTC"],
      [String(off.id), "off", "30 2 * * *", "disabled"],
    ]);
  });

  test("leaves out those of other sources; without one it names them", async () => {
    const { id } = await create("mine");
    const other = await addSource(client, `other${count}`);
    expect(await place.json("schedule", "list", other)).toEqual([]);
    const [head, ...rows] = cellsOf(await place.ok("schedule", "list"));
    expect(head?.at(-1)).toBe("Source");
    expect(rows.find(([each]) => each === String(id))?.at(-1)).toBe(source);
  });
});

describe("show", () => {
  test("knows a schedule by its id or name, and says so where several have the name", async () => {
    const name = `twice${count}`;
    const { id } = await create(name);
    expect(await place.json("schedule", "show", name)).toMatchObject({ id, name });
    expect(await place.json("schedule", "show", String(id))).toMatchObject({ id, name });
    source = await addSource(client, `second${count}`);
    const second = await create(name);
    const { status, errors } = await place.run("schedule", "show", name);
    expect(status).toBe(1);
    expect(errors).toContain(
      `Multiple schedule matches found for '${name}', use an ID to be more specific.`,
    );
    expect(errors).toContain(`${id}, ${second.id}`);
  });

  test("says so where there is none", async () => {
    const { status, errors } = await place.run("schedule", "show", "nothing");
    expect([status, errors]).toEqual([
      1,
      expect.stringContaining("No schedule with a name or ID of 'nothing' exists."),
    ]);
  });

  test("keeps its columns where text is wide", async () => {
    await create("wide", "--description", "夜間バックアップ – på norsk");
    const lines = (await place.ok("schedule", "show", "wide")).split("\n");
    expect(lines.find((line) => line.startsWith("description "))).toMatch(
      / {2}夜間バックアップ – på norsk$/,
    );
    const list = await place.ok("schedule", "list", source);
    expect(cellsOf(list)[1]?.[1]).toBe("wide");
  });
});

describe("update", () => {
  test("changes what is given, and when it runs next", async () => {
    const before = await create("change", "--timeout", "1h", "--retries", "3");
    const after = await place.json<Schedule>(
      ["schedule", "update", "change", "--name", "changed", "--pattern", "0 4 * * *"],
      ["--tz", "Asia/Tokyo", "--timeout", "none", "--incremental"],
    );
    expect(after).toMatchObject({
      id: before.id,
      name: "changed",
      pattern: "0 4 * * *",
      tz: "Asia/Tokyo",
      timeout_seconds: null,
      retries: 3,
      kind: "incremental",
      next_execution_time: expect.stringContaining("T19:00:00.000Z") as string,
      updated_at: expect.any(String) as string,
    });
    expect(await place.json("schedule", "update", "changed", "--full")).toMatchObject({
      kind: "full",
    });
  });

  test("refuses nothing, and what excludes each other", async () => {
    await create("same");
    expect((await place.run("schedule", "update", "same")).status).toBe(2);
    expect((await place.run("schedule", "update", "same", "--full", "--incremental")).status).toBe(
      2,
    );
    expect(await place.json("schedule", "show", "same")).toMatchObject({ updated_at: null });
  });

  test("enable and disable print nothing", async () => {
    await create("switch");
    expect(await place.ok("schedule", "disable", "switch")).toBe("");
    expect(await place.json("schedule", "show", "switch")).toMatchObject({
      is_enabled: false,
      next_execution_time: null,
    });
    expect(await place.ok("schedule", "enable", "switch")).toBe("");
    expect(await place.json("schedule", "show", "switch")).toMatchObject({
      is_enabled: true,
      next_execution_time: expect.any(String) as string,
    });
  });
});

describe("run", () => {
  test("prints the execution; beside another one it is skipped, and says why", async () => {
    await create("now");
    const first = await place.ok("schedule", "run", "now");
    const second = await place.run("schedule", "run", "now", "--json");
    const execution = JSON.parse(second.output) as Execution;
    expect(execution).toMatchObject({ state: "SKIPPED", slot_at: null, schedule: "now" });
    expect([second.status, second.errors]).toEqual([
      0,
      expect.stringMatching(/^lastgood: it was skipped: the run of .* is still to come$/m),
    ]);
    const rows = await place.json<Execution[]>("execution", "list", "now");
    expect(rows.map(({ id, state }) => [String(id), state])).toEqual([
      [String(execution.id), "SKIPPED"],
      [first, "QUEUED"],
    ]);
  });
});

describe("delete", () => {
  test("prints nothing; its executions stay readable by its id", async () => {
    const { id } = await create("gone");
    const waiting = await place.ok("schedule", "run", "gone");
    expect(await place.ok("schedule", "delete", "gone")).toBe("");
    expect(await place.json("schedule", "list", source)).toEqual([]);
    expect((await place.run("schedule", "show", "gone")).status).toBe(1);
    const { status, errors } = await place.run("schedule", "show", String(id));
    expect([status, errors]).toEqual([1, expect.stringContaining("was deleted")]);
    const rows = await place.json<Execution[]>("execution", "list", String(id));
    expect(rows.map((each) => [String(each.id), each.state])).toEqual([[waiting, "CANCELLED"]]);
    expect((await place.run("schedule", "delete", String(id))).status).toBe(1);
  });
});

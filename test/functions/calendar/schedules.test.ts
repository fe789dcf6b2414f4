import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import {
  addSchedule,
  nextRunOf,
  planAt,
  runNow,
  scheduleOf,
  setSchedule,
  slotsOf,
} from "../../support/calendar.ts";
import { addCatalogue, codeOf, eventsOf, makeBackup } from "../../support/catalogue.ts";
import { setClock } from "../../support/database.ts";
import { at, useSession } from "../../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

async function codeFor(schedule: Parameters<typeof addSchedule>[1]): Promise<string | undefined> {
  return await codeOf(session.client, async () => addSchedule(session.client, schedule));
}

/** Writes a schedule as anybody may who owns the table. */
async function insert(columns: Readonly<Record<string, unknown>>): Promise<number> {
  const { rows } = await session.client.query<{ id: string }>(
    `insert into lastgood.schedule (source_id, name, pattern, tz, is_enabled, first_at, until_at)
     select s.source_id, r.name, r.pattern, coalesce(r.tz, 'UTC'), coalesce(r.is_enabled, true),
       r.first_at, r.until_at
     from jsonb_populate_record(null::lastgood.schedule, $1) as r
     join lastgood.source as s on s.name = 'etc'
     returning schedule_id as id`,
    [JSON.stringify({ name: "plain", ...columns })],
  );
  return Number(rows[0]?.id);
}

describe("a new schedule", () => {
  test("knows when it runs next, in its zone", async () => {
    const { client } = session;
    expect(await nextRunOf(client, await addSchedule(client, { pattern: "0 2 * * *" }))).toBe(
      "2026-01-11T02:00:00Z",
    );
    const oslo = { pattern: "0 2 * * *", tz: "Europe/Oslo" };
    expect(await nextRunOf(client, await addSchedule(client, oslo))).toBe("2026-01-11T01:00:00Z");
  });

  test("is the same in plain SQL", async () => {
    const { client } = session;
    const id = await insert({ pattern: "*/5 * * * *", tz: "europe/oslo" });
    expect(await scheduleOf(client, id)).toMatchObject({
      source: "etc",
      tz: "Europe/Oslo",
      next_run_at: "2026-01-10T12:05:00+00:00",
      kind: "full",
      overlap: "skip",
      missed: "once",
      missed_cap: 10,
      retries: 0,
      timeout: null,
      grace: "01:00:00",
      updated_at: null,
    });
    expect(await planAt(client, at({ minutes: 5 }))).toBe(1);
    expect(await slotsOf(client, id)).toEqual(["12:05 QUEUED"]);
  });

  test("starts with the first slot at or after first_at", async () => {
    const { client } = session;
    const exact = await addSchedule(client, { first_at: at({ hours: 5 }) });
    const later = await addSchedule(client, { first_at: at({ hours: 5, seconds: 1 }) });
    expect(await nextRunOf(client, exact)).toBe("2026-01-10T17:00:00Z");
    expect(await nextRunOf(client, later)).toBe("2026-01-10T18:00:00Z");
  });

  test("takes all settings by the names of their columns", async () => {
    const options = {
      description: "wide ünïcode",
      providers: ["vault"],
      overlap: "queue",
      missed: "all",
      missed_cap: 3,
      retries: 2,
      backoff: "00:00:30",
      timeout: "02:00:00",
      keep_last: 7,
      max_runs: 100,
      is_enabled: false,
    };
    const id = await addSchedule(session.client, options);
    expect(await scheduleOf(session.client, id)).toMatchObject({ ...options, next_run_at: null });
  });

  test("leaves an event", async () => {
    const id = await addSchedule(session.client, { name: "nightly", pattern: "0 2 * * *" });
    const events = await eventsOf(session.client, "LASTGOOD_SCHEDULE_ADDED");
    expect(events).toEqual([
      expect.objectContaining({
        message: `postgres added schedule "nightly" (${id}) of source "etc": "0 2 * * *" in UTC.`,
        fqdn: "engine.test",
        scope: "files",
      }),
    ]);
  });
});

describe("is refused", () => {
  test.each([
    ["LG021", "a name that is none", { name: "a b" }],
    ["LG021", "a name of digits, which would be taken for an id", { name: "123" }],
    ["LG026", "an unknown provider", { providers: ["nowhere"] }],
    ["LG028", "an unknown source", { source: "nothing" }],
    ["LG033", "a parent that is not there", { kind: "incremental", parent_id: 99 }],
    ["LG070", "no pattern", { pattern: "sometimes" }],
    ["LG070", "an unknown time zone", { tz: "Europe/Olso" }],
    ["LG070", "an abbreviation, which knows no summer time", { tz: "CEST" }],
    ["LG070", "an offset, whose sign is the wrong one", { tz: "UTC+2" }],
    ["LG072", "a pattern that never matches", { pattern: "30 2 31 2 *" }],
    [
      "LG072",
      "a pattern that never matches, disabled",
      { pattern: "30 2 31 2 *", is_enabled: false },
    ],
    ["LG072", "an end before the first run", { until_at: at({ minutes: 59 }) }],
    ["LG073", "a beginning that never comes", { first_at: "infinity" }],
    ["LG073", "a beginning before all times", { first_at: "-infinity" }],
    ["LG073", "an end that is none", { until_at: "infinity" }],
    ["LG073", "an end after which no deadline has room", { until_at: "10000-01-01T00:00:00Z" }],
    [
      "LG072",
      "an end before its beginning",
      { first_at: at({ days: 3 }), until_at: at({ days: 2 }) },
    ],
    ["LG073", "a grace that no deadline can bear", { grace: "290000 years" }],
    ["LG073", "a wait before a retry that is none", { backoff: "290000 years" }],
    ["LG073", "a beginning after which no deadline has room", { first_at: "294276-12-20" }],
    ["LG073", "an unknown setting", { ovrlap: "skip" }],
    ["LG073", "a setting that is not for people", { next_run_at: at({}) }],
    ["LG073", "a policy that is none", { overlap: "allow" }],
    ["LG073", "a negative number", { retries: -1 }],
    ["LG073", "a word for a number", { missed_cap: "ten" }],
    ["LG073", "no interval", { timeout: "soon" }],
    ["LG070", "no time zone", { tz: null }],
    ["LG073", "null where a value is needed", { retries: null }],
    ["LG033", "a parent of full backups", { parent_id: 1 }],
  ] as const)("%s: %s", async (code, _what, schedule) => {
    expect(await codeFor(schedule)).toBe(code);
  });

  test("LG022 a name that a living schedule of the source has", async () => {
    const { client } = session;
    const id = await addSchedule(client, { name: "nightly" });
    expect(await codeFor({ name: "nightly" })).toBe("LG022");
    await client.query("select lastgood.delete_schedule($1)", [id]);
    expect(await codeFor({ name: "nightly" })).toBeUndefined();
    await client.query("select lastgood.add_source('home', 'files', 'engine.test', 'files')");
    expect(await codeFor({ name: "nightly", source: "home" })).toBeUndefined();
  });

  test("LG031 no provider where there are several", async () => {
    await session.client.query("select lastgood.add_provider('cellar', 'debug')");
    expect(await codeFor({})).toBe("LG031");
    expect(await codeFor({ providers: ["cellar"] })).toBeUndefined();
  });

  test("LG032 increments of a type that has none", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('shop', 'postgresql', 'engine.test', 'db')");
    expect(await codeFor({ source: "shop", kind: "incremental" })).toBe("LG032");
  });

  test("LG033 a parent of another source, or one that failed", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('home', 'files', 'engine.test', 'files')");
    const foreign = await makeBackup(client, { source: "home" });
    const failed = await new Backups(client).start({ source: "etc" });
    await new Backups(client).fail(failed.backup_id, failed.token, "broken");
    const partial = await makeBackup(client, { missing: [{ path: "a", reason: "gone" }] });
    const good = await makeBackup(client);
    const codes = [];
    for (const { backup_id: id } of [foreign, failed, partial, good]) {
      codes.push(await codeFor({ kind: "incremental", parent_id: id }));
    }
    expect(codes).toEqual(["LG033", "LG033", undefined, undefined]);
  });

  test("LG070 and LG072 in plain SQL, too", async () => {
    const { client } = session;
    expect(await codeOf(client, () => insert({ pattern: "sometimes" }))).toBe("LG070");
    expect(await codeOf(client, () => insert({ pattern: "0 0 30 2 *" }))).toBe("LG072");
    const id = await insert({ pattern: "0 0 * * *" });
    const update = `update lastgood.schedule set tz = 'Nowhere' where schedule_id = ${id}`;
    expect(await codeOf(client, update)).toBe("LG070");
  });
});

test("where all providers keep nothing it is no defect: its runs say so", async () => {
  const id = await addSchedule(session.client, { providers: ["noop"] });
  expect(await scheduleOf(session.client, id)).toMatchObject({ providers: ["noop"] });
});

describe("changing a schedule", () => {
  test("computes its next run anew, and says when it was changed", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await setSchedule(client, id, { pattern: "30 2 * * *", tz: "Europe/Oslo" });
    expect(await nextRunOf(client, id)).toBe("2026-01-11T01:30:00Z");
    expect((await scheduleOf(client, id))["updated_at"]).not.toBeNull();
    const [event] = await eventsOf(client, "LASTGOOD_SCHEDULE_CHANGED");
    expect(event?.message).toMatch(
      /changed schedule .*: pattern = 30 2 \* \* \*, tz = Europe\/Oslo\.$/,
    );
  });

  test("of another setting leaves its next run as it is", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await setClock(client, at({ minutes: 30 }));
    await client.query("update lastgood.schedule set next_run_at = $2 where schedule_id = $1", [
      id,
      at({ hours: 3 }),
    ]);
    await setSchedule(client, id, { retries: 3, description: "x" });
    expect(await nextRunOf(client, id)).toBe("2026-01-10T15:00:00Z");
  });

  test("loses no slot that is due by then", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await setClock(client, at({ hours: 1, seconds: 1 }));
    await setSchedule(client, id, { pattern: "30 * * * *" });
    expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED"]);
    expect(await nextRunOf(client, id)).toBe("2026-01-10T13:30:00Z");
  });

  test("plans all slots that are due by then, however many, and makes up for the newest", async () => {
    const { client } = session;
    const id = await addSchedule(client, { pattern: "* * * * *" });
    await setClock(client, at({ hours: 20 }));
    await setSchedule(client, id, { pattern: "30 * * * *" });
    const { rows } = await client.query(
      `select state, count(*)::integer as count from lastgood.execution
       where (reason like 'the run of %') is not false group by state order by state`,
    );
    expect(rows).toEqual([
      { state: "MISSED", count: 1199 },
      { state: "QUEUED", count: 1 },
    ]);
  });

  test("leaves alone what is not named, and takes back what is null", async () => {
    const { client } = session;
    const id = await addSchedule(client, { timeout: "01:00:00", keep_last: 3 });
    await setSchedule(client, id, { timeout: null });
    expect(await scheduleOf(client, id)).toMatchObject({ timeout: null, keep_last: 3 });
  });

  test("an end in the past lets it run no more, and a later one again", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await setSchedule(client, id, { until_at: at({ minutes: -1 }) });
    expect(await nextRunOf(client, id)).toBeNull();
    await setSchedule(client, id, { until_at: null });
    expect(await nextRunOf(client, id)).toBe("2026-01-10T13:00:00Z");
  });

  test("is refused as a new one would be, and what its parent became is left to its runs", async () => {
    const { client } = session;
    const parent = await makeBackup(client);
    await makeBackup(client);
    const id = await addSchedule(client, { kind: "incremental", parent_id: parent.backup_id });
    await client.query("update lastgood.backup set state = 'DELETING' where backup_id = $1", [
      parent.backup_id,
    ]);
    for (const [code, changes] of [
      [undefined, { description: "still" }],
      ["LG033", { providers: ["vault"] }],
      ["LG072", { pattern: "0 0 31 6 *" }],
      ["LG073", { source_id: 1 }],
      ["LG073", { retries: 1000 }],
    ] as const) {
      expect(await codeOf(client, () => setSchedule(client, id, changes))).toBe(code);
    }
    expect(await codeOf(client, () => setSchedule(client, 99_999, {}))).toBe("LG074");
  });
});

describe("a schedule that is disabled", () => {
  test("does not run, and enabled again does not fire the past", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await setSchedule(client, id, { is_enabled: false });
    expect(await planAt(client, at({ hours: 30 }))).toBe(0);
    await setSchedule(client, id, { is_enabled: true });
    expect(await planAt(client, at({ hours: 30 }))).toBe(0);
    expect(await slotsOf(client, id)).toEqual([]);
    expect(await planAt(client, at({ hours: 31 }))).toBe(1);
    expect(await slotsOf(client, id)).toEqual(["19:00 QUEUED"]);
  });

  test("cancels what waits, and runs when somebody asks", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await planAt(client, at({ hours: 1 }));
    await setSchedule(client, id, { is_enabled: false });
    expect(await slotsOf(client, id)).toEqual(["13:00 CANCELLED"]);
    await runNow(client, id);
    expect(await slotsOf(client, id)).toEqual(["13:00 CANCELLED", "now QUEUED"]);
  });
});

describe("a schedule that is deleted", () => {
  test("cancels what waits; its executions stay, and it is found by its id alone", async () => {
    const { client } = session;
    const id = await addSchedule(client, { name: "nightly" });
    await planAt(client, at({ hours: 1 }));
    await client.query("select lastgood.delete_schedule($1)", [id]);
    expect(await slotsOf(client, id)).toEqual(["13:00 CANCELLED"]);
    expect(await scheduleOf(client, id)).toEqual({});
    const { rows } = await client.query("select lastgood.find_schedule($1)::integer as id", [id]);
    expect(rows).toEqual([{ id }]);
    expect(await codeOf(client, "select lastgood.find_schedule('nightly')")).toBe("LG074");
    expect(await planAt(client, at({ hours: 9 }))).toBe(0);
    for (const call of [
      `delete_schedule(${id})`,
      `set_schedule(${id}, '{}')`,
      `run_schedule(${id})`,
    ]) {
      expect(await codeOf(client, `select lastgood.${call}`)).toBe("LG074");
    }
    const [event] = await eventsOf(client, "LASTGOOD_SCHEDULE_DELETED");
    expect(event?.message).toMatch(/deleted schedule "nightly"/);
  });

  test("goes with its source, and LG029 keeps that from happening unseen", async () => {
    const { client } = session;
    const id = await addSchedule(client, { name: "nightly" });
    await planAt(client, at({ hours: 1 }));
    expect(await codeOf(client, "select lastgood.delete_source('etc')")).toBe("LG029");
    expect(await scheduleOf(client, id)).toMatchObject({ name: "nightly" });
    await client.query("select lastgood.delete_source('etc', true)");
    expect(await scheduleOf(client, id)).toEqual({});
    expect(await slotsOf(client, id)).toEqual(["13:00 CANCELLED"]);
  });
});

describe("a schedule is found", () => {
  test("by its id, though another one's name ends with it, and by a name that only one has", async () => {
    const { client } = session;
    const id = await addSchedule(client, { name: "nightly" });
    await addSchedule(client, { name: `x${id}` });
    for (const ref of [String(id), "nightly"]) {
      const { rows } = await client.query("select lastgood.find_schedule($1)::integer as id", [
        ref,
      ]);
      expect(rows).toEqual([{ id }]);
    }
  });

  test("LG075 not by a name that several have, LG074 not by one that none has", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('home', 'files', 'engine.test', 'files')");
    await addSchedule(client, { name: "nightly" });
    await addSchedule(client, { name: "nightly", source: "home" });
    expect(await codeOf(client, "select lastgood.find_schedule('nightly')")).toBe("LG075");
    expect(await codeOf(client, "select lastgood.find_schedule('daily')")).toBe("LG074");
    expect(await codeOf(client, "select lastgood.find_schedule(null)")).toBe("LG074");
  });
});

test("the trigger looks at every column but those that planning sets", async () => {
  const { rows } = await session.client.query<{ unwatched: string[] }>(
    `select array_agg(a.attname::text order by a.attname) as unwatched
     from pg_trigger as t
     join pg_attribute as a on a.attrelid = t.tgrelid and a.attnum > 0 and not a.attisdropped
       and a.attnum <> all (t.tgattr::smallint[])
     where t.tgname = 'schedule_changed'`,
  );
  expect(rows[0]?.unwatched).toEqual([
    "created_at",
    "created_by",
    "next_run_at",
    "runs",
    "schedule_id",
    "updated_at",
  ]);
});

import { beforeEach, describe, expect, test } from "vitest";
import {
  addSchedule,
  claim,
  claimed,
  executionOf,
  nextRunOf,
  type NewSchedule,
  planAt,
  runNow,
  scheduleOf,
  setSchedule,
  slotsOf,
} from "../../support/calendar.ts";
import { addCatalogue, codeOf, eventsOf } from "../../support/catalogue.ts";
import { setClock } from "../../support/database.ts";
import { at, useSession } from "../../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

/** An hourly schedule, made at noon, whose slots are taken at a later time: what became of them. */
async function after(time: Date, schedule: NewSchedule = {}): Promise<string[]> {
  const id = await addSchedule(session.client, schedule);
  await planAt(session.client, time);
  return await slotsOf(session.client, id);
}

async function reasonsOf(id: number): Promise<string[]> {
  const { rows } = await session.client.query<{ reason: string }>(
    `select coalesce(reason, '') as reason from lastgood.execution
     where schedule_id = $1 order by coalesce(slot_at, queued_at), execution_id`,
    [id],
  );
  return rows.map(({ reason }) => reason);
}

describe("a slot", () => {
  test("is never taken early", async () => {
    expect(await after(at({ hours: 1, seconds: -1 }))).toEqual([]);
    expect(await after(at({ hours: 1 }))).toEqual(["13:00 QUEUED"]);
  });

  test("is taken once, also where the clock is set back", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    expect(await planAt(client, at({ hours: 2 }))).toBe(2);
    expect(await planAt(client, at({ hours: 2 }))).toBe(0);
    expect(await planAt(client, at({ hours: 1 }))).toBe(0);
    await setClock(client, at({ minutes: 30 }));
    await setSchedule(client, id, { tz: "Etc/UTC" });
    expect(await planAt(client, at({ hours: 2 }))).toBe(0);
    expect(await slotsOf(client, id)).toEqual(["13:00 MISSED", "14:00 QUEUED"]);
    expect(await nextRunOf(client, id)).toBe("2026-01-10T15:00:00Z");
  });

  test("leaves the next one to come", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await planAt(client, at({ hours: 1, seconds: 30 }));
    expect(await nextRunOf(client, id)).toBe("2026-01-10T14:00:00Z");
  });
});

describe("after a while in which nobody took slots", () => {
  // Slots at 13:00, 14:00, 15:00, 16:00; on time for a minute.
  test.each([
    ["skip", 0, ["13:00 MISSED", "14:00 MISSED", "15:00 MISSED", "16:00 QUEUED"]],
    ["skip", 60, ["13:00 MISSED", "14:00 MISSED", "15:00 MISSED", "16:00 QUEUED"]],
    ["skip", 61, ["13:00 MISSED", "14:00 MISSED", "15:00 MISSED", "16:00 MISSED"]],
    ["once", 0, ["13:00 MISSED", "14:00 MISSED", "15:00 MISSED", "16:00 QUEUED"]],
    ["once", 1800, ["13:00 MISSED", "14:00 MISSED", "15:00 MISSED", "16:00 QUEUED"]],
    ["all", 0, ["13:00 MISSED", "14:00 QUEUED", "15:00 QUEUED", "16:00 QUEUED"]],
    ["all", 1800, ["13:00 MISSED", "14:00 MISSED", "15:00 QUEUED", "16:00 QUEUED"]],
  ])("%s, %i s after the last: %j", async (missed, seconds, slots) => {
    const time = at({ hours: 4, seconds });
    expect(await after(time, { missed, missed_cap: 2 })).toEqual(slots);
  });

  test.each([
    ["skip", ["nobody ran it in time", "nobody ran it in time"]],
    ["once", ["the run of 2026-01-10T14:00:00Z takes its place", ""]],
    ["all", ["beyond the cap of 1", ""]],
  ])("the reason says why: %s", async (missed, reasons) => {
    const id = await addSchedule(session.client, { missed, missed_cap: 1 });
    await planAt(session.client, at({ hours: 2, minutes: 5 }));
    expect(await reasonsOf(id)).toEqual(reasons);
  });

  test("what makes up for a missed slot is late, what is on time is not", async () => {
    const { client } = session;
    const id = await addSchedule(client, { missed: "all" });
    await planAt(client, at({ hours: 2 }));
    const { rows } = await client.query<{ is_late: boolean }>(
      "select is_late from lastgood.execution where schedule_id = $1 order by slot_at",
      [id],
    );
    expect(rows).toEqual([{ is_late: true }, { is_late: false }]);
  });

  test("one event tells how many were missed", async () => {
    const { client } = session;
    const id = await addSchedule(client, { name: "hourly" });
    await planAt(client, at({ hours: 4 }));
    await planAt(client, at({ hours: 5 }));
    const events = await eventsOf(client, "LASTGOOD_EXECUTION_MISSED");
    expect(events.map(({ message }) => message)).toEqual([
      `lastgood missed 3 runs of schedule "hourly" (${id}) of source "etc": 2026-01-10T13:00:00Z` +
        ` to 2026-01-10T15:00:00Z; the run of 2026-01-10T16:00:00Z takes its place.`,
    ]);
  });

  test("those that are late all run, one after the other, oldest first", async () => {
    const { client } = session;
    const id = await addSchedule(client, { missed: "all" });
    await planAt(client, at({ hours: 3, minutes: 30 }));
    const order = [];
    for (let round = 0; round < 3; round += 1) {
      const execution = await claimed(client);
      expect(await claim(client)).toBeUndefined();
      order.push(execution.slot_at?.slice(11, 16));
      await client.query("select lastgood.finish_execution($1, $2, 'x')", [
        execution.execution_id,
        execution.token,
      ]);
    }
    expect(order).toEqual(["13:00", "14:00", "15:00"]);
    expect(await slotsOf(client, id)).toHaveLength(3);
  });
});

describe("a long backlog", () => {
  async function states(id: number): Promise<unknown[]> {
    const { rows } = await session.client.query(
      `select state, count(*)::integer as count from lastgood.execution
       where schedule_id = $1 group by state order by state`,
      [id],
    );
    return rows;
  }

  // 3,000 slots of a minute each.
  test.each([
    [
      "skip",
      30,
      [
        { state: "MISSED", count: 2999 },
        { state: "QUEUED", count: 1 },
      ],
    ],
    [
      "once",
      30,
      [
        { state: "MISSED", count: 2999 },
        { state: "QUEUED", count: 1 },
      ],
    ],
    [
      "all",
      30,
      [
        { state: "MISSED", count: 2969 },
        { state: "QUEUED", count: 31 },
      ],
    ],
    [
      "all",
      1000,
      [
        { state: "MISSED", count: 1999 },
        { state: "QUEUED", count: 1001 },
      ],
    ],
  ])(
    "is worked off a thousand at a time, and nothing is lost: %s",
    async (missed, cap, expected) => {
      const { client } = session;
      const id = await addSchedule(client, { pattern: "* * * * *", missed, missed_cap: cap });
      await setClock(client, at({ minutes: 3000 }));
      const { rows } = await client.query("select lastgood.plan_slots() as count");
      expect(rows).toEqual([{ count: 1000 }]);
      await planAt(client, at({ minutes: 3000 }));
      expect(await states(id)).toEqual(expected);
      const { rows: gaps } = await client.query(
        `select slot_at from (
         select slot_at, lag(slot_at) over (order by slot_at) as before
         from lastgood.execution where schedule_id = $1
       ) as e where slot_at - before <> interval '1 minute'`,
        [id],
      );
      expect(gaps).toEqual([]);
    },
  );
});

describe("beside another run of its schedule", () => {
  // What becomes of 14:00 and 15:00, taken on time.
  test.each([
    [
      "skip",
      "waits",
      ["13:00 QUEUED", "14:00 SKIPPED", "15:00 SKIPPED"],
      "13:00:00Z is still to come",
    ],
    ["skip", "runs", ["13:00 RUNNING", "14:00 SKIPPED", "15:00 SKIPPED"], "13:00:00Z goes on"],
    [
      "queue",
      "waits",
      ["13:00 QUEUED", "14:00 SKIPPED", "15:00 SKIPPED"],
      "13:00:00Z is still to come",
    ],
    [
      "queue",
      "runs",
      ["13:00 RUNNING", "14:00 QUEUED", "15:00 SKIPPED"],
      "14:00:00Z is still to come",
    ],
  ])("%s, while one %s: %j", async (overlap, what, slots, reason) => {
    const { client } = session;
    const id = await addSchedule(client, { overlap });
    await planAt(client, at({ hours: 1 }));
    if (what === "runs") await claimed(client);
    await planAt(client, at({ hours: 2 }));
    await planAt(client, at({ hours: 3 }));
    expect(await slotsOf(client, id)).toEqual(slots);
    expect((await reasonsOf(id)).at(-1)).toBe(`the run of 2026-01-10T${reason}`);
  });

  test("late ones that all run wait for each other, also those of a later while", async () => {
    const { client } = session;
    const id = await addSchedule(client, { missed: "all" });
    await planAt(client, at({ hours: 2, minutes: 30 }));
    await claimed(client);
    await planAt(client, at({ hours: 4, minutes: 30 }));
    expect(await slotsOf(client, id)).toEqual([
      "13:00 RUNNING",
      "14:00 QUEUED",
      "15:00 QUEUED",
      "16:00 QUEUED",
    ]);
    // One that is on time does not wait for them.
    await planAt(client, at({ hours: 5 }));
    expect((await slotsOf(client, id)).at(-1)).toBe("17:00 SKIPPED");
  });

  test("late ones do not wait for one that was on time, where they are to be skipped", async () => {
    const { client } = session;
    const id = await addSchedule(client, { missed: "all" });
    await planAt(client, at({ hours: 1 }));
    await planAt(client, at({ hours: 2, minutes: 30 }));
    expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED", "14:00 SKIPPED"]);
  });

  test("the newest of missed ones is SKIPPED, and takes nobody's place", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    await planAt(client, at({ hours: 1 }));
    await planAt(client, at({ hours: 3, minutes: 30 }));
    expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED", "14:00 MISSED", "15:00 SKIPPED"]);
    expect((await reasonsOf(id))[1]).toBe("nobody ran it in time");
  });

  test("a run that is asked for is under the same guard", async () => {
    const { client } = session;
    const skipping = await addSchedule(client);
    const first = await runNow(client, skipping);
    const second = await runNow(client, skipping);
    expect(await executionOf(client, first)).toMatchObject({ state: "QUEUED", reason: null });
    expect(await executionOf(client, second)).toMatchObject({ state: "SKIPPED" });
    await planAt(client, at({ hours: 1 }));
    expect((await slotsOf(client, skipping))[0]).toBe("13:00 SKIPPED");
    const queueing = await addSchedule(client, { overlap: "queue" });
    await claimed(client);
    for (let round = 0; round < 2; round += 1) await runNow(client, queueing);
    expect(await slotsOf(client, queueing)).toEqual(["now QUEUED", "now SKIPPED"]);
  });

  test("another schedule of the same source is none of its business", async () => {
    const { client } = session;
    const [one, two] = [await addSchedule(client), await addSchedule(client)];
    await planAt(client, at({ hours: 1 }));
    expect([await slotsOf(client, one), await slotsOf(client, two)]).toEqual([
      ["13:00 QUEUED"],
      ["13:00 QUEUED"],
    ]);
  });
});

describe("a schedule ends", () => {
  test("with its last slot at until_at, and not before", async () => {
    const { client } = session;
    const id = await addSchedule(client, { until_at: at({ hours: 2 }), missed: "all" });
    await planAt(client, at({ hours: 5 }));
    expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED", "14:00 QUEUED"]);
    expect(await nextRunOf(client, id)).toBeNull();
  });

  test("once so many slots became runs; skipped and missed ones, and runs by hand, are none", async () => {
    const { client } = session;
    const id = await addSchedule(client, { max_runs: 2 });
    await planAt(client, at({ hours: 2, minutes: 30 }));
    await planAt(client, at({ hours: 3 }));
    await client.query(
      "select lastgood.cancel_execution(max(execution_id)) from lastgood.execution where state = 'QUEUED'",
    );
    await runNow(client, id);
    await client.query(
      "select lastgood.cancel_execution(max(execution_id)) from lastgood.execution where state = 'QUEUED'",
    );
    expect(await scheduleOf(client, id)).toMatchObject({ runs: 1 });
    await planAt(client, at({ hours: 4 }));
    expect(await scheduleOf(client, id)).toMatchObject({ runs: 2, next_run_at: null });
    expect(await planAt(client, at({ hours: 9 }))).toBe(0);
    await setSchedule(client, id, { max_runs: 3 });
    expect(await nextRunOf(client, id)).toBe("2026-01-10T22:00:00Z");
  });

  test("in the midst of late ones that all run", async () => {
    const { client } = session;
    const id = await addSchedule(client, { max_runs: 2, missed: "all" });
    await planAt(client, at({ hours: 5 }));
    expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED", "14:00 QUEUED"]);
    expect(await nextRunOf(client, id)).toBeNull();
  });

  test("though its executions are deleted", async () => {
    const { client } = session;
    const id = await addSchedule(client, { max_runs: 1 });
    await planAt(client, at({ hours: 1 }));
    await client.query(
      "select lastgood.delete_execution(execution_id, true) from lastgood.execution",
    );
    expect(await scheduleOf(client, id)).toMatchObject({ runs: 1, next_run_at: null });
  });
});

test("one that is broken is disabled with an event, and stops no other", async () => {
  const { client } = session;
  const [before, broken, later] = [
    await addSchedule(client),
    await addSchedule(client, { name: "broken" }),
    await addSchedule(client),
  ];
  // A zone that was renamed since: no trigger looks.
  await client.query("alter table lastgood.schedule disable trigger schedule_changed");
  await client.query("update lastgood.schedule set tz = 'Europe/Atlantis' where schedule_id = $1", [
    broken,
  ]);
  await client.query("alter table lastgood.schedule enable trigger schedule_changed");
  await planAt(client, at({ hours: 1 }));
  expect([await slotsOf(client, before), await slotsOf(client, later)]).toEqual([
    ["13:00 QUEUED"],
    ["13:00 QUEUED"],
  ]);
  expect(await scheduleOf(client, broken)).toMatchObject({ is_enabled: false, next_run_at: null });
  const [event] = await eventsOf(client, "LASTGOOD_SCHEDULE_BROKEN");
  expect(event?.message).toBe(
    `lastgood disabled schedule "broken" (${broken}) of source "etc": there is no time zone "Europe/Atlantis".`,
  );
  await setSchedule(client, broken, { tz: "UTC", is_enabled: true });
  expect(await nextRunOf(client, broken)).toBe("2026-01-10T14:00:00Z");
});

test("a call takes a part of a long backlog, so that it is answered in time", async () => {
  const { client } = session;
  for (const number of [1, 2, 3]) {
    await addSchedule(client, { name: `often${number}`, pattern: "* * * * *" });
  }
  await setClock(client, at({ hours: 15 }));
  const { rows } = await client.query<{ count: number }>("select lastgood.plan_slots() as count");
  expect(rows[0]?.count).toBe(1800);
  expect(await planAt(client, at({ hours: 15 }))).toBe(900);
});

test("an upgrade that replaces functions under way disables no schedule: it is tried again", async () => {
  const { client } = session;
  const id = await addSchedule(client);
  await setClock(client, at({ hours: 1 }));
  await client.query("alter function lastgood.queue_slot rename to queue_slot_of_old");
  expect(await codeOf(client, "select lastgood.plan_slots()")).toBe("42883");
  await client.query("alter function lastgood.queue_slot_of_old rename to queue_slot");
  expect(await planAt(client, at({ hours: 1 }))).toBe(1);
  expect(await slotsOf(client, id)).toEqual(["13:00 QUEUED"]);
});

test("no more schedules are taken than asked for, those that are due the longest first", async () => {
  const { client } = session;
  const late = await addSchedule(client, { pattern: "30 * * * *" });
  const later = await addSchedule(client, { pattern: "40 * * * *" });
  await setClock(client, at({ minutes: 50 }));
  const { rows } = await client.query("select lastgood.plan_slots(1) as count");
  expect(rows).toEqual([{ count: 1 }]);
  expect([await slotsOf(client, late), await slotsOf(client, later)]).toEqual([
    ["12:30 QUEUED"],
    [],
  ]);
});

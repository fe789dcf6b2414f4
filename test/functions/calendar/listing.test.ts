import { beforeEach, describe, expect, test } from "vitest";
import { addSchedule, claimed, planAt, runNow } from "../../support/calendar.ts";
import { addCatalogue, codeOf, eventsOf } from "../../support/catalogue.ts";
import { at, useSession } from "../../support/session.ts";

const session = useSession();
let schedule = 0;
let other = 0;

// Each has five executions, with ids that alternate.
beforeEach(async () => {
  const { client } = session;
  await addCatalogue(client);
  const settings = { overlap: "queue", missed: "skip" };
  [schedule, other] = [await addSchedule(client, settings), await addSchedule(client, settings)];
  for (let hours = 1; hours <= 5; hours += 1) await planAt(client, at({ hours }));
});

async function page(marker: number | null, limit: number | null, of = schedule): Promise<number[]> {
  const { rows } = await session.client.query<{ id: string }>(
    `select execution_id as id
     from lastgood.list_executions(p_schedule_id => $1, p_marker => $2, p_limit => $3)`,
    [of, marker, limit],
  );
  return rows.map(({ id }) => Number(id));
}

async function all(of = schedule): Promise<number[]> {
  const { rows } = await session.client.query<{ id: string }>(
    `select execution_id as id from lastgood.execution where schedule_id = $1
     order by coalesce(slot_at, queued_at) desc, execution_id desc`,
    [of],
  );
  return rows.map(({ id }) => Number(id));
}

async function remove(id: number | undefined, force = false): Promise<void> {
  await session.client.query("select lastgood.delete_execution($1, $2)", [id, force]);
}

/** Ends all, so that they can be deleted. */
async function endAll(): Promise<void> {
  await session.client.query(
    "select lastgood.cancel_execution(execution_id) from lastgood.execution where finished_at is null",
  );
}

describe("a page", () => {
  test("is of one schedule, newest first, and follows the one before", async () => {
    const ids = await all();
    expect(ids).toHaveLength(5);
    expect(await page(null, null)).toEqual(ids);
    expect(await page(null, 2)).toEqual(ids.slice(0, 2));
    expect(await page(ids[1] ?? null, 2)).toEqual(ids.slice(2, 4));
    expect(await page(ids[3] ?? null, 2)).toEqual(ids.slice(4));
    expect(await page(ids[4] ?? null, 2)).toEqual([]);
    expect(await page(null, 5)).toEqual(ids);
    expect(await page(null, 1)).toEqual(ids.slice(0, 1));
  });

  test("tells all of an execution", async () => {
    const { rows } = await session.client.query(
      `select source, fqdn, state, slot_at = listed_at as is_by_slot
       from lastgood.list_executions($1, null, 1)`,
      [schedule],
    );
    expect(rows).toEqual([
      { source: "etc", fqdn: "engine.test", state: "SKIPPED", is_by_slot: true },
    ]);
  });

  test("is stable while new ones come", async () => {
    const ids = await all();
    await planAt(session.client, at({ hours: 6 }));
    await runNow(session.client, schedule);
    expect(await page(ids[1] ?? null, 2)).toEqual(ids.slice(2, 4));
  });

  test("is stable while others go, and where the marker itself was deleted", async () => {
    const ids = await all();
    await endAll();
    await remove(ids[0]);
    await remove(ids[1]);
    await remove(ids[2]);
    expect(await page(ids[1] ?? null, 2)).toEqual(ids.slice(3));
    expect(await page(ids[0] ?? null, 2)).toEqual(ids.slice(3));
  });

  test("is to be had of a deleted schedule, too", async () => {
    const ids = await all();
    await session.client.query("select lastgood.delete_schedule($1)", [schedule]);
    expect(await page(ids[1] ?? null, 2)).toEqual(ids.slice(2, 4));
  });

  test.each([
    ["LG079", "a limit of 0", [0], null],
    ["LG079", "a negative limit", [-1], null],
    ["LG077", "a marker that is no execution", [1], 99_999],
  ] as const)("%s: %s", async (code, _what, [limit], marker) => {
    expect(await codeOf(session.client, async () => page(marker, limit))).toBe(code);
  });

  test("LG077 a marker of another schedule, LG074 a schedule that never was", async () => {
    const [foreign = 0] = await all(other);
    expect(await codeOf(session.client, async () => page(foreign, 2))).toBe("LG077");
    expect(await codeOf(session.client, async () => page(null, 2, 99_999))).toBe("LG074");
  });
});

test("schedules that are equal have histories of their own", async () => {
  const [mine, theirs] = [await page(null, null), await page(null, null, other)];
  expect(mine.filter((id) => theirs.includes(id))).toEqual([]);
  expect([mine.length, theirs.length]).toEqual([5, 5]);
});

describe("deleting an execution", () => {
  test("takes it from the history, with an event; its backup stays", async () => {
    const [newest] = await all();
    await remove(newest);
    expect(await all()).toHaveLength(4);
    const [event] = await eventsOf(session.client, "LASTGOOD_EXECUTION_DELETED");
    expect(event?.message).toMatch(
      /^postgres deleted execution \d+, of 2026-01-10T17:00:00Z, of schedule "plan\d+"/,
    );
  });

  test("LG076 not while it waits or runs, unless forced: then it is cancelled first", async () => {
    const { client } = session;
    const [waits = 0] = (await all()).slice(-1);
    const { execution_id: runs } = await claimed(client);
    expect(runs).toBe(waits);
    const [later = 0] = (await all(other)).slice(-1);
    for (const id of [runs, later]) {
      expect(await codeOf(client, async () => remove(id))).toBe("LG076");
      await remove(id, true);
    }
    expect((await all()).length + (await all(other)).length).toBe(8);
    expect(await eventsOf(client, "LASTGOOD_EXECUTION_CANCELLED")).toHaveLength(2);
  });

  test("LG077 what is not there, or no longer", async () => {
    const [newest] = await all();
    await remove(newest);
    expect(await codeOf(session.client, async () => remove(newest))).toBe("LG077");
  });

  test("keeps what paging needs of it for a month", async () => {
    const { client } = session;
    const [first, second] = await all();
    await remove(first);
    await client.query(
      "update lastgood.deleted_execution set deleted_at = clock_timestamp() - interval '32 days'",
    );
    expect(await page(first ?? null, 1)).toEqual([second]);
    await remove(second);
    expect(await codeOf(client, async () => page(first ?? null, 1))).toBe("LG077");
    expect(await page(second ?? null, 1)).toHaveLength(1);
  });
});

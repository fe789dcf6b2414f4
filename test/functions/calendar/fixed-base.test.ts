import { beforeEach, describe, expect, test } from "vitest";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue, codeOf } from "../../support/catalogue.ts";
import { addBackups, addSchedule, reasonsOf } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

// What a schedule names as its parent is needed before anything builds on it.

const session = useSession();

let [weekly, base, between, newest] = [0, 0, 0, 0];

beforeEach(async () => {
  await addCatalogue(session.client);
  weekly = await addSchedule(session.client, { keep_last: 1 }, "weekly");
  const ids = await addBackups(
    session.client,
    weekly,
    ["2026-01-01T02:00Z", "2026-01-05T02:00Z", "2026-01-09T02:00Z"].map((at) => ({ at })),
  );
  [base, between, newest] = ids.map(Number) as [number, number, number];
});

/** The schedule that builds on it. */
async function build(parent: number, name = "hourly"): Promise<number> {
  return await addSchedule(session.client, { kind: "incremental", parent_id: parent }, name);
}

async function change(schedule: number, changes: string): Promise<void> {
  await session.client.query(
    `update lastgood.schedule set ${changes} where schedule_id = ${schedule}`,
  );
}

const refusal = async (id: number): Promise<string | undefined> =>
  await codeOf(session.client, `select lastgood.start_delete(${id})`);

describe("a backup that a schedule names as its parent", () => {
  test("stays, and the schedule is the reason", async () => {
    await build(base);
    expect((await reasonsOf(session.client, weekly, [base, between])).slice(0, 2)).toEqual([
      'schedule "hourly" builds on it',
      null,
    ]);
    const { backups } = await new Retention(session.client).expire(weekly);
    expect(backups.map(({ backup_id: id }) => id)).toEqual([between]);
  });

  test("stays with all that it builds on", async () => {
    await session.client.query(
      "update lastgood.backup set parent_id = $1, type = 'incremental' where backup_id = $2",
      [base, between],
    );
    await build(between);
    expect((await reasonsOf(session.client, weekly, [base, between])).slice(0, 2)).toEqual([
      `the base of "b${between}"`,
      'schedule "hourly" builds on it',
    ]);
  });

  test("is named with all of them where there are several", async () => {
    await build(base);
    await build(base, "daily");
    expect(await reasonsOf(session.client, weekly, [base])).toEqual([
      'schedule "daily" builds on it; schedule "hourly" builds on it',
    ]);
  });

  test("cannot be deleted by people: LG040, and the hint says what to do", async () => {
    const hourly = await build(base);
    const deleting = session.client.query("select lastgood.start_delete($1)", [base]);
    await expect(deleting).rejects.toMatchObject({
      code: "LG040",
      message: `backup ${base} is what schedule "hourly" builds on`,
      hint:
        `Let it build on another one, lastgood schedule update ${hourly} --parent BACKUP,` +
        " or delete it first.",
    });
  });

  test("is needed by a disabled schedule too: it may be enabled again", async () => {
    await change(await build(base), "is_enabled = false");
    expect(await refusal(base)).toBe("LG040");
    expect(await reasonsOf(session.client, weekly, [base])).toEqual([
      'schedule "hourly" builds on it',
    ]);
  });

  test.for([
    ["was deleted", "deleted_at = clock_timestamp()"],
    ["builds on the latest one now", "parent_id = null"],
  ])("is needed no more once the schedule %s", async ([, changes]) => {
    await change(await build(base), changes ?? "");
    expect(await reasonsOf(session.client, weekly, [base])).toEqual([null]);
    expect(await refusal(base)).toBeUndefined();
  });
});

test("a schedule stays with its source: what its backups are for would change", async () => {
  await session.client.query(
    "select lastgood.add_source('home', 'files', 'engine.test', 'files', '{\"path\": \"/home\"}')",
  );
  const move = `update lastgood.schedule
    set source_id = (select source_id from lastgood.source where name = 'home')`;
  expect(await codeOf(session.client, move)).toBe("LG073");
  expect(await reasonsOf(session.client, weekly, [newest])).toEqual([
    expect.stringContaining("the last good one of its source"),
  ]);
});

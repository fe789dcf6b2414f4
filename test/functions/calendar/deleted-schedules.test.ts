import { beforeEach, describe, expect, test } from "vitest";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue } from "../../support/catalogue.ts";
import { addBackups, addSchedule, reasonsOf } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

// What a schedule leaves behind goes when people ask for it, and never by itself.

const session = useSession();
const days = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));

beforeEach(async () => {
  await addCatalogue(session.client);
});

/** The backups of a schedule that was deleted, oldest first. */
async function left(
  settings: Readonly<Record<string, unknown>>,
): Promise<{ readonly schedule: number; readonly ids: readonly number[] }> {
  const schedule = await addSchedule(session.client, settings);
  const ids = await addBackups(session.client, schedule, days);
  await session.client.query("select lastgood.delete_schedule($1)", [schedule]);
  return { schedule, ids };
}

describe("backups of a schedule that was deleted", () => {
  test("are kept as its settings said, when people ask", async () => {
    const { schedule, ids } = await left({ keep_last: 1 });
    expect(await reasonsOf(session.client, schedule, ids)).toEqual([
      null,
      null,
      expect.stringMatching(/^newest; last 1 of 1/),
    ]);
    const { backups } = await new Retention(session.client).expire(schedule);
    expect(backups.map(({ backup_id: id }) => id)).toEqual([ids[1], ids[0]]);
  });

  test("stay all where it kept all", async () => {
    const { schedule, ids } = await left({});
    for (const reason of await reasonsOf(session.client, schedule, ids)) {
      expect(reason).toMatch(/^its schedule keeps all of them/);
    }
  });

  test("stay all after a run that outlived it", async () => {
    const { schedule } = await left({ keep_last: 1 });
    expect(await new Retention(session.client).expireLiving(schedule)).toEqual({
      backups: [],
      copies: [],
    });
    const living = await addSchedule(session.client, { keep_last: 1 }, "living");
    const ids = await addBackups(session.client, living, days);
    const { backups } = await new Retention(session.client).expireLiving(living);
    expect(backups.map(({ backup_id: id }) => id)).toEqual([ids[1], ids[0]]);
  });
});

import type { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue } from "../../support/catalogue.ts";
import { copyTemplate, type TestDatabase } from "../../support/database.ts";
import { addBackups, addSchedule } from "../../support/retention.ts";
import { waitFor } from "../../support/wait.ts";

// Two sessions at once. Who waits for whom is seen in pg_stat_activity.

let database: TestDatabase;
let [first, second, watcher]: Client[] = [];

beforeEach(async () => {
  database = await copyTemplate();
  [first, second, watcher] = await Promise.all([
    database.connect(),
    database.connect(),
    database.connect(),
  ]);
  await addCatalogue(client(watcher));
});
afterEach(() => database.drop());

function client(given: Client | undefined): Client {
  if (given === undefined) throw new Error("there is no connection");
  return given;
}

async function code(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const start = async (session: Client | undefined): Promise<unknown> =>
  await new Backups(client(session)).start({ source: "etc" });

async function limitToOne(): Promise<void> {
  await client(watcher).query("update lastgood.provider set max_backups = 1 where name = 'vault'");
}

/** Does the one in an open transaction, waits until the other waits for it, then ends it. */
async function inTurn<T>(
  work: () => Promise<unknown>,
  other: () => Promise<T>,
  end = "commit",
): Promise<T> {
  await client(first).query("begin");
  await work();
  const result = other();
  result.catch(() => undefined);
  const pid = (second as unknown as { processID: number }).processID;
  await waitFor(
    async () => {
      const { rows } = await client(watcher).query(
        "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
        [pid],
      );
      return rows.length > 0;
    },
    { what: "the second session to wait" },
  );
  await client(first).query(end);
  return await result;
}

test("a provider has one place left and two who want it: one has it", async () => {
  await limitToOne();
  const other = inTurn(
    async () => start(first),
    async () => start(second),
  );
  expect(await code(other)).toBe("LG053");
});

test("a provider has one place left, and who had it gives it back: the other has it", async () => {
  await limitToOne();
  const other = inTurn(
    async () => start(first),
    async () => start(second),
    "rollback",
  );
  expect(await code(other)).toBeUndefined();
});

test("of two sessions that expire at once, each backup goes to one", async () => {
  const schedule = await addSchedule(client(watcher), { keep_last: 1 });
  const days = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));
  await addBackups(client(watcher), schedule, days);
  const expired: number[] = [];
  const expire = async (session: Client | undefined): Promise<void> => {
    const { backups } = await new Retention(client(session)).expire(schedule);
    expired.push(backups.length);
  };
  await inTurn(
    async () => expire(first),
    async () => expire(second),
  );
  expect(expired).toEqual([2, 0]);
});

test("a backup that somebody begins to build on meanwhile stays", async () => {
  const schedule = await addSchedule(client(watcher), { keep_last: 1 });
  const days = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));
  const [oldest] = await addBackups(client(watcher), schedule, days);
  const { backups } = await inTurn(
    async () => new Backups(client(first)).start({ source: "etc", parentId: Number(oldest) }),
    async () => new Retention(client(second)).expire(schedule),
  );
  expect(backups.map(({ backup_id: id }) => id)).toEqual([Number(oldest) + 1]);
});

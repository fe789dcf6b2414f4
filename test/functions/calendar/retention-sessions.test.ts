import type { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue } from "../../support/catalogue.ts";
import { copyTemplate, type TestDatabase } from "../../support/database.ts";
import * as locks from "../../support/locks.ts";
import { addBackups, addSchedule } from "../../support/retention.ts";

// Two sessions at once. Who waits for whom is seen in pg_stat_activity.

let database: TestDatabase;
let first: Client;
let second: Client;
let watcher: Client;

beforeEach(async () => {
  database = await copyTemplate();
  [first, second, watcher] = await Promise.all([
    database.connect(),
    database.connect(),
    database.connect(),
  ]);
  await addCatalogue(watcher);
});
afterEach(() => database.drop());

async function code(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const start = async (session: Client): Promise<unknown> =>
  await new Backups(session).start({ source: "etc" });

async function limitToOne(): Promise<void> {
  await watcher.query("update lastgood.provider set max_backups = 1 where name = 'vault'");
}

async function inTurn<T>(
  work: () => Promise<unknown>,
  other: () => Promise<T>,
  end?: "commit" | "rollback",
): Promise<T> {
  return await locks.inTurn({ first, second, watcher }, work, other, end);
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
  const schedule = await addSchedule(watcher, { keep_last: 1 });
  const days = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));
  await addBackups(watcher, schedule, days);
  const expired: number[] = [];
  const expire = async (session: Client): Promise<void> => {
    const { backups } = await new Retention(session).expire(schedule);
    expired.push(backups.length);
  };
  await inTurn(
    async () => expire(first),
    async () => expire(second),
  );
  expect(expired).toEqual([2, 0]);
});

test("a backup that somebody begins to build on meanwhile stays", async () => {
  const schedule = await addSchedule(watcher, { keep_last: 1 });
  const days = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));
  const [oldest] = await addBackups(watcher, schedule, days);
  const { backups } = await inTurn(
    async () => new Backups(first).start({ source: "etc", parentId: Number(oldest) }),
    async () => new Retention(second).expire(schedule),
  );
  expect(backups.map(({ backup_id: id }) => id)).toEqual([Number(oldest) + 1]);
});

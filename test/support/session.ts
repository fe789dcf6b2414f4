import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { copyTemplate, type TestDatabase } from "./database.ts";

/** Noon of the day on which most tests play; in the past, since no report counts before it arrives. */
export const noon: Date = new Date("2026-01-10T12:00:00Z");

/** A time before or after {@link noon}. */
export function at(offset: {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
}): Date {
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = offset;
  return new Date(noon.getTime() + ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000);
}

export interface Session {
  readonly client: Client;
  readonly database: TestDatabase;
}

/**
 * A database for a test file and, for each test, a transaction that is rolled back, with the clock
 * at {@link noon}. Call it once at the top of the file.
 */
export function useSession(): Session {
  const session: { client?: Client; database?: TestDatabase } = {};
  beforeAll(async () => {
    session.database = await copyTemplate();
    session.client = await session.database.connect();
  });
  beforeEach(async () => {
    await session.client?.query("begin");
    await session.client?.query("select set_config('lastgood.fake_now', $1, true)", [
      noon.toISOString(),
    ]);
  });
  afterEach(async () => {
    await session.client?.query("rollback");
  });
  afterAll(async () => session.database?.drop());
  return session as Session;
}

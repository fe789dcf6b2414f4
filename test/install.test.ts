import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { install } from "../src/install.ts";
import { emptyDatabase, type TestDatabase } from "./support/database.ts";

describe("install", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await emptyDatabase();
  });
  afterAll(() => database.drop());

  test("five at once install once", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => database.connect()));
    const results = await Promise.all(clients.map((client: Client) => install(client)));
    expect(results.filter((result) => result.isCodeApplied)).toHaveLength(1);
    expect(results.flatMap((result) => result.migrations)).toEqual(["001_awareness.sql"]);
  });
});

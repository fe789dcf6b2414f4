import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lastgood } from "../support/cli.ts";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { temporaryFolder } from "../support/folder.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await copyTemplate();
});
afterAll(() => database.drop());

describe("where the database is", () => {
  test("--database-url goes before DATABASE_URL, that before PG*", async () => {
    const url = new URL(database.url);
    const wrong = "postgresql://127.0.0.1:1/none";
    const variables = {
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGUSER: url.username,
      PGPASSWORD: decodeURIComponent(url.password),
      PGDATABASE: database.name,
    };
    expect(
      (await lastgood({ DATABASE_URL: wrong }, "status", "--database-url", database.url)).status,
    ).toBe(0);
    expect((await lastgood({ ...variables, DATABASE_URL: wrong }, "status")).status).toBe(3);
    expect((await lastgood(variables, "status")).status).toBe(0);
  });

  test("a server that answers and refuses is told from one that does not answer", async () => {
    const url = new URL(database.url);
    url.pathname = "/no_such_database";
    const missing = await lastgood({ DATABASE_URL: url.href }, "status");
    expect(missing.status).toBe(3);
    expect(missing.errors).toMatch(
      /takes no connection: .*no_such_database.*\nhint: Create the database/,
    );
    url.username = "nobody_at_all";
    url.password = "wrong";
    const refused = await lastgood({ DATABASE_URL: url.href }, "status");
    expect(refused.status).toBe(3);
    expect(refused.errors).toMatch(/takes no connection: .*\nhint: /);
    expect(refused.errors).not.toContain("wrong");
    const embedded = await lastgood({ PGHOST: "/nonexistent", PGUSER: "u" }, "status");
    expect(embedded.errors).toMatch(/does not answer: .*\nhint: .*lastgood up/);
  });

  test("none at all is one clear error", async () => {
    const home = await temporaryFolder();
    const { status, errors } = await lastgood({ LASTGOOD_HOME: home }, "status");
    expect(status).toBe(2);
    expect(errors).toMatch(/no database is named\nhint: .*lastgood up/);
  });

  test("a password of a URL is never shown", async () => {
    const { errors } = await lastgood(
      {},
      "status",
      "--database-url",
      "postgresql://u:hunter2@127.0.0.1:1/none",
    );
    expect(errors).not.toContain("hunter2");
    const broken = await lastgood({}, "status", "--database-url", "postgresql//u:hunter2@h/none");
    expect(broken.errors).not.toContain("hunter2");
  });
});

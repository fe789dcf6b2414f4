import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  copyTemplate,
  createRole,
  dropRole,
  report,
  type TestDatabase,
  type TestRole,
} from "../support/database.ts";
import { clientProgram, runProgram } from "../support/programs.ts";
import { examplePath, readExample } from "./support.ts";

let database: TestDatabase;
let reader: Client;
let role: TestRole;

const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

beforeAll(async () => {
  database = await copyTemplate();
  role = await createRole();
  const owner = await database.connect();
  const good = { fqdn: "good.test", requiredScopes: ["db"] };
  for (const days of [60, 40, 20, 10, 0.5]) {
    await report(owner, { ...good, doneAt: daysAgo(days) });
  }
  const failure = { ...good, status: -1, message: "disk full", logPath: "/var/log/b.log" };
  await report(owner, { ...failure, doneAt: daysAgo(15) });
  const bad = { fqdn: "bad.test", requiredScopes: ["db", "files"] };
  await report(owner, { ...bad, doneAt: daysAgo(3) });
  await report(owner, { ...bad, scope: "files", status: -1, doneAt: daysAgo(2), message: "no" });
  await owner.query("select lastgood.add_system('new.test')");
  await owner.query("select lastgood.grant_role($1, 'reader')", [role.user]);
  reader = await database.connect(role);
  await reader.query("set intervalstyle = 'postgres'");
});
afterAll(async () => {
  await database.drop();
  await dropRole(role);
});

/** What the n-th query gives, with intervals in whole days as text. */
async function rowsOf(place: number): Promise<Record<string, unknown>[]> {
  const statement = readExample("reports.sql").split(";\n")[place] ?? "";
  const { rows } = await reader.query<Record<string, unknown>>(statement);
  return rows;
}

const days = (value: unknown): unknown =>
  value === null ? null : (value as { days?: number; hours?: number }).days;

test("systems at risk now, worst first", async () => {
  const rows = await rowsOf(0);
  expect(rows.map((row) => [row["fqdn"], row["state"], row["scopes"]])).toEqual([
    ["bad.test", "missing", "db outdated, files missing"],
    ["new.test", "missing", "db missing, files missing"],
  ]);
});

test("success rate and longest gap of each system in the last 30 days", async () => {
  const rows = await rowsOf(1);
  expect(
    rows.map((row) => [
      row["fqdn"],
      Number(row["attempts"]),
      Number(row["successes"]),
      row["success_percent"],
      days(row["longest_gap"]),
    ]),
  ).toEqual([
    ["new.test", 0, 0, null, null],
    ["bad.test", 2, 1, "50.0", 3],
    // From the 40th to the 20th day: it ended within the 30 days.
    ["good.test", 4, 3, "75.0", 20],
  ]);
});

test("time between backups: the usual and the worst, with when it began", async () => {
  const rows = await rowsOf(2);
  expect(
    rows.map((row) => [
      row["fqdn"],
      row["scope"],
      Number(row["successes"]),
      days(row["usual_gap"]),
      days(row["worst_gap"]),
    ]),
  ).toEqual([
    ["good.test", "db", 5, 10, 20],
    ["bad.test", "db", 1, 3, 3],
  ]);
  const began = rows[0]?.["worst_gap_began_at"] as Date;
  expect([60, 40]).toContain(Math.round((Date.now() - began.getTime()) / 86_400_000));
});

test("the last failures with what was said, and whether a success came since", async () => {
  const rows = await rowsOf(3);
  expect(
    rows.map((row) => [row["fqdn"], row["scope"], row["has_succeeded_since"], row["message"]]),
  ).toEqual([
    ["bad.test", "files", false, "no"],
    ["good.test", "db", true, "disk full"],
  ]);
});

test("all of it with psql, as the page says", async (context) => {
  const psql = await clientProgram(context, "psql");
  const args = ["-X", "-v", "ON_ERROR_STOP=1", "-d", database.urlFor(role)];
  const outcome = await runProgram(psql, [...args, "-f", examplePath("reports.sql")]);
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  expect(outcome.stdout).toContain("disk full");
});

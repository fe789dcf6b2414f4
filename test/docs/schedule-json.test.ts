import { beforeAll, expect, test } from "vitest";
import { usePlace } from "../backup/support.ts";
import { addSource } from "../cli/support.ts";
import { fencedBlocks, names, readPage, tableBelow } from "./support.ts";

const page = readPage("docs/scripting.md");
const place = usePlace();

beforeAll(async () => {
  const client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
  await addSource(client, "notes");
});

function fields(heading: string): string[] {
  return names(tableBelow(page, heading)).toSorted();
}

function keysOf(document: object): string[] {
  return Object.keys(document).toSorted();
}

test("schedules, executions and previews have the fields of the page", async () => {
  const schedule = ["notes", "0 3 * * *", "nightly"];
  const created = await place.json<object>("schedule", "create", schedule);
  const listed = await place.json<object[]>("schedule", "list");
  for (const document of [created, ...listed]) {
    expect(keysOf(document)).toEqual(fields("### A schedule"));
  }
  const asked = await place.json<object>("schedule", "run", "nightly");
  const executions = await place.json<object[]>("execution", "list", "nightly");
  for (const document of [asked, ...executions]) {
    expect(keysOf(document)).toEqual(fields("### An execution"));
  }
  const runs = await place.json<object[]>("schedule", "preview", "nightly");
  expect(runs).toHaveLength(5);
  for (const document of runs) {
    expect(keysOf(document)).toEqual(fields("### `lastgood schedule preview --json`"));
  }
});

test("the states of docs/schedules.md are those of the table, and its SQL runs", async () => {
  const guide = readPage("docs/schedules.md");
  const client = await place.database.connect();
  const { rows } = await client.query<{ rule: string }>(
    `select pg_get_constraintdef(oid) as rule from pg_constraint
     where conname = 'execution_state_is_known'`,
  );
  const known = rows[0]?.rule.match(/(?<=')[A-Z]+(?=')/g) ?? [];
  expect(names(tableBelow(guide, "## States")).toSorted()).toEqual(known.toSorted());
  for (const block of fencedBlocks(guide, "sql")) {
    await expect(client.query(block)).resolves.toBeDefined();
  }
});

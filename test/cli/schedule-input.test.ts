import { beforeAll, expect, test } from "vitest";
import { usePlace } from "../backup/support.ts";
import { addSource } from "./support.ts";

/** Options that cannot be: each is wrong usage, says which one and what it may be, and changes nothing. */

const place = usePlace();

beforeAll(async () => {
  const client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
  await addSource(client, "shop");
  await client.query("select lastgood.add_schedule('shop', '0 3 * * *', 'nightly')");
});

const whole = /whole number/;
const time = /2030-01-31T08:00:00Z/;
const interval = /Give an interval such as/;

const bad: readonly (readonly [options: string[], said: RegExp, hint: RegExp])[] = [
  [["--timeout", "abc"], /timeout .* "abc"/, interval],
  [["--timeout", ""], /timeout .* ""/, interval],
  [["--timeout", "-1h"], /timeout .* "-1h"/, interval],
  [["--timeout", "300000 years"], /timeout .* "300000 years"/, interval],
  [["--grace", "abc"], /grace .* "abc"/, interval],
  [["--grace", "none"], /grace .* "none"/, interval],
  [["--grace", "infinity"], /grace .* "infinity"/, interval],
  [["--backoff", "0"], /backoff .* "0"/, interval],
  [["--backoff", "soon"], /backoff .* "soon"/, interval],
  [["--retries", "x"], /--retries .* 'x'/, whole],
  [["--retries", "101"], /retries .* "101"/, /from 0 to 100/],
  [["--retries", "99999999999"], /retries .* "99999999999"/, /from 0 to 100/],
  [["--max-chain", "1"], /max_chain .* "1"/, /from 2 to 10000/],
  [["--max-chain", "10001"], /max_chain .* "10001"/, /from 2 to 10000/],
  [["--missed-cap", "0"], /missed_cap .* "0"/, /from 1 to 1000/],
  [["--max-runs", "0"], /max_runs .* "0"/, whole],
  [["--max-runs", "99999999999"], /max_runs .* "99999999999"/, whole],
  [["--keep-last", "0"], /keep_last .* "0"/, whole],
  [["--keep-proven", "0"], /keep_proven .* "0"/, whole],
  [["--overlap", "maybe"], /--overlap .* 'maybe'/, /skip, queue/],
  [["--first-at", "soon"], /first_at .* "soon"/, time],
  [["--first-at", "infinity"], /first_at .* "infinity"/, time],
  [["--first-at", "2030-13-45"], /first_at .* "2030-13-45"/, time],
  [["--until", "infinity"], /until_at .* "infinity"/, time],
  [["--until", "12000-01-01"], /until_at .* "12000-01-01"/, time],
  [
    ["--first-at", "2040-02-01T00:00Z", "--until", "2040-01-01T00:00Z"],
    /ends at 2040-01-01T00:00:00Z, before it begins at 2040-02-01T00:00:00Z/,
    /until_at/,
  ],
  [["--tz", "Mars/Phobos"], /Mars\/Phobos/, /pg_timezone_names/],
  [["--parent", "x"], /--parent .* 'x'/, whole],
];

const create = ["schedule", "create", "shop", "0 3 * * *", "other"];
const update = ["schedule", "update", "nightly"];

test.each(
  bad.flatMap(([options, said, hint]) =>
    [create, update].map((args) => [args, options, said, hint] as const),
  ),
)("%j with %j", async (args, options, said, hint) => {
  const before = await place.ok("schedule", "list", "--json");
  const { status, output, errors } = await place.run(args, options);
  expect([status, output]).toEqual([2, ""]);
  expect(errors).toMatch(said);
  expect(errors).toMatch(hint);
  expect(await place.ok("schedule", "list", "--json")).toBe(before);
});

test("only texts are asked for as texts: every other setting has a hint of its own", async () => {
  const client = await place.database.connect();
  const { rows } = await client.query<{ name: string }>(
    `select a.attname as name from pg_attribute as a
     where a.attrelid = 'lastgood.schedule'::regclass and a.attnum > 0 and not a.attisdropped
       and lastgood.schedule_value_hint(a.attname) = 'Give a text; not none.'
     order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    "created_at",
    "created_by",
    "deleted_at",
    "description",
    "name",
    "next_run_at",
    "pattern",
    "runs",
    "schedule_id",
    "source_id",
    "tz",
    "updated_at",
  ]);
});

test("an unknown setting in SQL names what is there, or what was meant", async () => {
  const client = await place.database.connect();
  const hintOf = async (setting: string): Promise<unknown> => {
    try {
      await client.query("select lastgood.set_schedule(lastgood.find_schedule('nightly'), $1)", [
        { [setting]: "1 hour" },
      ]);
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string };
      return `${message}: ${hint}`;
    }
    return undefined;
  };
  expect(await hintOf("missedCap")).toBe(
    'a schedule has no setting "missedCap": Do you mean missed_cap?',
  );
  expect(await hintOf("overlapp")).toMatch(
    /no setting "overlapp": There are: backoff, .*, tz, until_at\.$/,
  );
  expect(await hintOf("runs")).toBe(
    "runs of a schedule is not to be set: Leave it out: lastgood sets it.",
  );
});

test("source delete tells of schedules and leaves them, or deletes them with --force", async () => {
  const client = await place.database.connect();
  await addSource(client, "attic");
  await client.query("select lastgood.add_schedule('attic', '0 3 * * *', 'weekly')");
  const refused = await place.run("source", "delete", "attic");
  expect([refused.status, refused.errors]).toEqual([
    1,
    expect.stringMatching(/source "attic" has schedules: "weekly"\nhint: .*--force/),
  ]);
  expect(await place.json("schedule", "show", "weekly")).toMatchObject({ is_enabled: true });
  expect(await place.ok("source", "delete", "attic", "--force")).toBe("");
  expect((await place.run("schedule", "show", "weekly")).status).toBe(1);
});

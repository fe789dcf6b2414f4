import { describe, expect, test } from "vitest";
import { useSession } from "../../support/session.ts";

const session = useSession();
/** Every zone, and every time of day, take minutes. */
const isExhaustive = process.env["LASTGOOD_EXHAUSTIVE_TESTS"] === "1";

/** The runs of a pattern after one moment and up to another, in UTC. */
async function nextRuns(
  pattern: string,
  tz: string,
  after: string,
  until: string,
): Promise<string[]> {
  const { rows } = await session.client.query<{ runs: string[] }>(
    `with recursive run(at) as (
       select lastgood.next_run($1, $2, $3::timestamptz)
       union all
       select lastgood.next_run($1, $2, at) from run where at <= $4::timestamptz
     )
     select array(
       select to_char(at at time zone 'UTC', 'MM-DD HH24:MI') from run
       where at <= $4::timestamptz order by at
     ) as runs`,
    [pattern, tz, after, until],
  );
  return rows[0]?.runs ?? [];
}

test.each([
  ["30 2 * * *", "America/New_York", "2026-03-08", "skips 02:00 to 03:00", ["03-08 07:00"]],
  ["30 2 * * *", "Europe/Berlin", "2026-03-29", "skips 02:00 to 03:00", ["03-29 01:00"]],
  ["30 1 * * *", "America/New_York", "2026-11-01", "has 01:30 twice", ["11-01 05:30"]],
  ["30 2 * * *", "Europe/Berlin", "2026-10-25", "has 02:30 twice", ["10-25 00:30"]],
  ["0 0 * * *", "America/Santiago", "2026-09-06", "begins at 01:00", ["09-06 04:00"]],
  ["0 0 * * *", "Africa/Cairo", "2026-04-24", "begins at 01:00", ["04-23 22:00"]],
  ["0 0 * * *", "Asia/Beirut", "2026-03-29", "begins at 01:00", ["03-28 22:00"]],
  ["0 0 * * *", "America/Havana", "2026-03-08", "begins at 01:00", ["03-08 05:00"]],
  ["15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "skips half an hour", ["10-03 15:30"]],
  ["50 2 * * *", "Pacific/Chatham", "2026-09-27", "skips 02:45 to 03:45", ["09-26 14:00"]],
  ["30 2 * * *", "Antarctica/Troll", "2026-10-25", "has two hours twice", ["10-25 00:30"]],
  ["30 22 * * *", "America/Nuuk", "2026-03-28", "ends at 23:00", ["03-29 00:30"]],
  ["0,15,30,45 2 * * *", "Europe/Berlin", "2026-03-29", "runs once for four", ["03-29 01:00"]],
  ["0 2,3 * * *", "Europe/Berlin", "2026-03-29", "runs once for two", ["03-29 01:00"]],
])("%s in %s on %s, which %s", async (pattern, tz, day, _what, expected) => {
  // From the first moment of the day to the first of the next.
  const { rows } = await session.client.query<{ after: string; until: string }>(
    `select (($1::timestamp at time zone $2) - interval '1 second')::text as after,
       ((($1::timestamp + interval '1 day') at time zone $2) - interval '1 second')::text as until`,
    [day, tz],
  );
  const { after = "", until = "" } = rows[0] ?? {};
  expect(await nextRuns(pattern, tz, after, until)).toEqual(expected);
});

test("30 23 * * * in America/Nuuk on 2026-03-28, which ends at 23:00, runs at its end", async () => {
  const found = await nextRuns(
    "30 23 * * *",
    "America/Nuuk",
    "2026-03-28T02:00Z",
    "2026-03-30T02:00Z",
  );
  expect(found).toEqual(["03-29 01:00", "03-30 00:30"]);
});

test.each([
  ["0 * * * *", ["04:00", "05:00", "06:00", "07:00"]],
  ["*/30 * * * *", ["04:00", "04:30", "05:00", "05:30", "06:00", "06:30", "07:00", "07:30"]],
  ["30 */2 * * *", ["04:30", "07:30"]],
])("where hours are counted as they elapse, both passes of one run: %s", async (pattern, times) => {
  const found = await nextRuns(
    pattern,
    "America/New_York",
    "2026-11-01T03:59Z",
    "2026-11-01T07:59Z",
  );
  expect(found).toEqual(times.map((time) => `11-01 ${time}`));
});

test("where they are counted as they elapse, nothing runs in a gap", async () => {
  const found = await nextRuns(
    "30 */2 * * *",
    "Europe/Berlin",
    "2026-03-28T22:00Z",
    "2026-03-29T04:00Z",
  );
  expect(found).toEqual(["03-28 23:30", "03-29 02:30"]);
});

interface Change {
  readonly zone: string;
  readonly at: Date;
}

/** Every change of clocks of 2026 and 2027, of one zone for each set of rules, or of all zones. */
async function changes(ofAllZones: boolean): Promise<Change[]> {
  const { rows } = await session.client.query<Change>(
    `with offset_of as materialized (
       select z.name as zone, day, (day at time zone z.name) - (day at time zone 'UTC') as ahead
       from pg_timezone_names as z
       cross join generate_series(timestamptz '2026-01-01Z', '2028-01-01Z', '1 day') as day
       where z.name not like 'posix/%' and z.name not like 'right/%'
         and z.name not in ('Factory', 'localtime')
     ), changed as (
       select zone, day, ahead as after,
         lag(day) over (partition by zone order by day) as from_day,
         lag(ahead) over (partition by zone order by day) as before
       from offset_of
     ), zone as (
       select zone, array_agg(from_day || ' ' || before || ' ' || after order by day) as rules
       from changed where before <> after group by zone
     ), chosen as (
       select case when $1 then zone else min(zone) over (partition by rules) end as zone from zone
     )
     select c.zone, m.at
     from changed as c
     cross join lateral (
       select min(minute) as at
       from generate_series(c.from_day, c.day, interval '1 minute') as minute
       where (minute at time zone c.zone) - (minute at time zone 'UTC') = c.after
     ) as m
     where c.before <> c.after and c.zone in (select zone from chosen)
     order by c.zone, m.at`,
    [ofAllZones],
  );
  return rows;
}

/** What the clock of a zone shows in each minute around a change: what the oracle goes by. */
interface Clock {
  readonly from: number;
  /** `2026-03-29 01:59`, by minutes since `from`. */
  readonly shown: readonly string[];
}

const minute = 60_000;
const hour = 60 * minute;

async function clockAround({ zone, at }: Change): Promise<Clock> {
  const { rows } = await session.client.query<{ shown: string[] }>(
    `select array_agg(to_char(m.at at time zone $1, 'YYYY-MM-DD HH24:MI') order by m.at) as shown
     from generate_series(
       $2::timestamptz - interval '50 hours', $2::timestamptz + interval '50 hours', '1 minute'
     ) as m(at)`,
    [zone, at],
  );
  return { from: at.getTime() - 50 * hour, shown: rows[0]?.shown ?? [] };
}

interface Pattern {
  readonly text: string;
  /** The minutes, by their index, in which it runs. */
  readonly runs: readonly number[];
  /** How far around the change it is looked at. */
  readonly window: number;
}

/** A fixed time runs in the first minute of a day that shows it or, where none does, a later one. */
function fixedTime(clock: Clock, time: string): Pattern {
  const days = new Set(clock.shown.map((each) => each.slice(0, 10)));
  const runs = [...days].map((day) => {
    const shown = clock.shown.indexOf(`${day} ${time}`);
    return shown >= 0 ? shown : clock.shown.findIndex((each) => each > `${day} ${time}`);
  });
  const [hours = "", minutes = ""] = time.split(":");
  const text = `${Number(minutes)} ${Number(hours)} * * *`;
  return { text, runs: [...new Set(runs)], window: 25 * hour };
}

/** Elapsing times run in every minute that shows one. */
function elapsing(clock: Clock, step: number): Pattern {
  const runs = clock.shown.flatMap((each, index) =>
    Number(each.slice(14)) % step === 0 ? [index] : [],
  );
  return { text: step === 60 ? "0 * * * *" : `*/${step} * * * *`, runs, window: 5 * hour };
}

/** All times of day, in steps of five minutes. */
const times = Array.from({ length: 288 }, (_, index) =>
  new Date(index * 5 * minute).toISOString().slice(11, 16),
);

/** Those that a change skips or repeats. */
function timesNear(clock: Clock, at: Date): string[] {
  const change = (at.getTime() - clock.from) / minute;
  const [last = "", first = ""] = clock.shown.slice(change - 1, change + 1);
  const [low = 0, high = 0] = [last, first].map((text) => Date.parse(`${text}Z`)).toSorted(byValue);
  const near = new Set<string>();
  for (let time = low - 10 * minute; time <= high + 10 * minute; time += minute) {
    near.add(new Date(time).toISOString().slice(11, 16));
  }
  return times.filter((time) => near.has(time));
}

function byValue(a: number, b: number): number {
  return a - b;
}

/** What next_run says: the moments at which each pattern runs around a change. */
async function ask(change: Change, patterns: readonly Pattern[]): Promise<Map<string, number[]>> {
  const { rows } = await session.client.query<{ text: string; runs: string[] }>(
    `with recursive run(text, at, until) as (
       select p.text, lastgood.next_run(p.text, $1, $2::timestamptz - p.around), $2 + p.around
       from unnest($3::text[], $4::interval[]) as p(text, around)
       union all
       select text, lastgood.next_run(text, $1, at), until from run where at <= until
     )
     select text, array_agg(extract(epoch from at) * 1000 order by at)
       filter (where at <= until) as runs
     from run group by text`,
    [
      change.zone,
      change.at,
      patterns.map(({ text }) => text),
      patterns.map(({ window }) => `${window} milliseconds`),
    ],
  );
  return new Map(rows.map(({ text, runs }) => [text, runs.map(Number)]));
}

describe("around every change of clocks of two years", () => {
  test.each([
    { zones: "one zone for each set of rules", all: false, steps: [30, 60], near: true },
    ...(isExhaustive
      ? [
          { zones: "all zones", all: true, steps: [30, 60], near: true },
          { zones: "all times of day", all: false, steps: [1, 7, 30, 60], near: false },
        ]
      : []),
  ])(
    "each fixed time runs once a day, elapsing ones in every hour ($zones)",
    { timeout: isExhaustive ? 3_600_000 : 120_000 },
    async ({ all, steps, near }) => {
      const found = await changes(all);
      expect(found.length).toBeGreaterThan(all ? 600 : 60);
      for (const change of found) {
        const clock = await clockAround(change);
        const patterns = [
          ...(near ? timesNear(clock, change.at) : times).map((time) => fixedTime(clock, time)),
          ...steps.map((step) => elapsing(clock, step)),
        ];
        expect(patterns.length).toBeGreaterThan(6);
        const said = await ask(change, patterns);
        for (const { text, runs, window } of patterns) {
          const wanted = runs
            .map((index) => clock.from + index * minute)
            .filter((time) => Math.abs(time - change.at.getTime() - 0.5) < window);
          expect({ ...change, text, runs: said.get(text) }).toEqual({
            ...change,
            text,
            runs: wanted,
          });
        }
      }
    },
  );
});

const zones = isExhaustive
  ? `select name from pg_timezone_names
     where name not like 'posix/%' and name not like 'right/%' and name not in ('Factory', 'localtime')`
  : `select unnest(array['America/Nuuk', 'Australia/Lord_Howe', 'Pacific/Chatham']) as name`;

test(
  `a daily schedule runs 730 times in two years (${isExhaustive ? "all zones" : "three zones"})`,
  { timeout: isExhaustive ? 3_600_000 : 120_000 },
  async () => {
    for (const pattern of ["30 2 * * *", "30 23 * * *", "0 0 * * *"]) {
      const { rows } = await session.client.query(
        `with recursive run(zone, at) as (
           select z.name, lastgood.next_run($1, z.name, '2026-01-01Z'::timestamptz - interval '1 second')
           from (${zones}) as z(name)
           union all
           select zone, lastgood.next_run($1, zone, at) from run where at < '2028-01-01Z'
         )
         select zone, count(*) as runs, count(distinct (at at time zone zone)::date) as days
         from run where at < '2028-01-01Z'
         group by zone having count(*) <> 730`,
        [pattern],
      );
      expect({ pattern, rows }).toEqual({ pattern, rows: [] });
    }
  },
);

import { describe, expect, test } from "vitest";
import { codeOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

interface Cron {
  readonly minutes: number[];
  readonly hours: number[];
  readonly days: number[];
  readonly months: number[];
  readonly weekdays: number[];
}

async function parse(pattern: string): Promise<Cron> {
  const { rows } = await session.client.query<Cron>(
    "select minutes, hours, days, months, weekdays from lastgood.parse_cron($1)",
    [pattern],
  );
  if (!rows[0]) throw new Error("no row");
  return rows[0];
}

async function codeFor(pattern: string): Promise<string | undefined> {
  return await codeOf(session.client, () =>
    session.client.query("select lastgood.next_run($1)", [pattern]),
  );
}

/** The next days on which a pattern runs, from 2026-01-10 (a Saturday) on. */
async function days(pattern: string, count: number): Promise<string[]> {
  const { rows } = await session.client.query<{ day: string }>(
    `select to_char(p at time zone 'UTC', 'MM-DD') as day
     from lastgood.preview_runs($1, 'UTC', '2026-01-10T12:00Z', $2) as p`,
    [pattern, count],
  );
  return rows.map(({ day }) => day);
}

describe("a field", () => {
  test.each([
    ["* * * * *", "minutes", Array.from({ length: 60 }, (_, minute) => minute)],
    ["5 * * * *", "minutes", [5]],
    ["30,5,5 * * * *", "minutes", [5, 30]],
    ["10-13 * * * *", "minutes", [10, 11, 12, 13]],
    ["*/20 * * * *", "minutes", [0, 20, 40]],
    ["7-30/10 * * * *", "minutes", [7, 17, 27]],
    ["50/4 * * * *", "minutes", [50, 54, 58]],
    ["59 * * * *", "minutes", [59]],
    ["0 0,23 * * *", "hours", [0, 23]],
    ["0 0 31,1 * *", "days", [1, 31]],
    ["0 0 1 1,DEC,jun *", "months", [1, 6, 12]],
    ["0 0 1 feb-Apr *", "months", [2, 3, 4]],
    ["0 0 * * mon-fri", "weekdays", [1, 2, 3, 4, 5]],
    ["0 0 * * SUN,3", "weekdays", [0, 3]],
    ["0 0 * * 0", "weekdays", [0]],
    ["0 0 * * 7", "weekdays", [7, 0]],
    ["0 0 * * 5-7", "weekdays", [5, 6, 7, 0]],
    [" 0\t0  * * 1 ", "weekdays", [1]],
  ] as const)("of %s: %s are %j", async (pattern, field, values) => {
    expect((await parse(pattern))[field]).toEqual(values);
  });
});

test.each([
  ["@daily", "words"],
  ["@reboot", "words"],
  ["* * * *", "four fields"],
  ["* * * * * *", "six fields, the first of them seconds"],
  ["", "nothing"],
  ["60 * * * *", "a minute that is none"],
  ["* 24 * * *", "an hour that is none"],
  ["* * 0 * *", "day 0"],
  ["* * 32 * *", "day 32"],
  ["* * * 13 *", "month 13"],
  ["* * * * 8", "weekday 8"],
  ["5-1 * * * *", "a range backwards"],
  ["*/0 * * * *", "a step of 0"],
  ["*/ * * * *", "no step"],
  ["1,,2 * * * *", "nothing in a list"],
  ["-5 * * * *", "a sign"],
  ["1.5 * * * *", "a fraction"],
  ["* * L * *", "the last day"],
  ["* * 15W * *", "the nearest weekday"],
  ["* * * * 5#2", "the second Friday"],
  ["* * ? * *", "a question mark"],
  ["* * * janu *", "half a name"],
  ["* * * * jan", "a month for a weekday"],
  ["* mon * * *", "a weekday for an hour"],
  ["H * * * *", "a hash"],
])("%j is refused: %s", async (pattern) => {
  expect(await codeFor(pattern)).toBe("LG070");
});

test("no pattern and no time zone are refused, too", async () => {
  const { client } = session;
  expect(await codeOf(client, "select lastgood.next_run(null)")).toBe("LG070");
  expect(await codeOf(client, "select lastgood.next_run('* * * * *', 'Europe/Olso')")).toBe(
    "LG070",
  );
});

describe("days of the month and of the week", () => {
  test("both set: either may match", async () => {
    expect(await days("0 0 15 * mon", 5)).toEqual(["01-12", "01-15", "01-19", "01-26", "02-02"]);
  });

  test("one set: that one alone", async () => {
    expect(await days("0 0 15 * *", 2)).toEqual(["01-15", "02-15"]);
    expect(await days("0 0 * * mon", 2)).toEqual(["01-12", "01-19"]);
  });

  test("a step over all is no day that is set: both must match", async () => {
    expect(await days("0 0 */15 * mon", 2)).toEqual(["02-16", "03-16"]);
    expect(await days("0 0 15 * */7", 2)).toEqual(["02-15", "03-15"]);
  });

  test("Sunday is 0 and 7", async () => {
    expect(await days("0 0 * * 7", 3)).toEqual(["01-11", "01-18", "01-25"]);
    expect(await days("0 0 * * 0", 3)).toEqual(await days("0 0 * * 7", 3));
  });
});

describe("what comes rarely, or never", () => {
  test.each([
    ["0 2 31 * *", "2026-01-31T02:00:00Z", "2026-03-31T02:00:00Z"],
    ["0 0 29 2 *", "2026-01-10T12:00:00Z", "2028-02-29T00:00:00Z"],
    ["0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"],
    ["0 0 1 1 *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    ["30 2 31 2 *", "2026-01-10T12:00:00Z", null],
    ["0 0 31 4,6,9,11 *", "2026-01-10T12:00:00Z", null],
    ["0 0 30 2 sun", "2026-01-10T12:00:00Z", "2026-02-01T00:00:00Z"],
  ])("%s after %s is %s", async (pattern, after, expected) => {
    const { rows } = await session.client.query<{ at: string | null }>(
      "select lastgood.time_text(lastgood.next_run($1, 'UTC', $2)) as at",
      [pattern, after],
    );
    expect(rows).toEqual([{ at: expected }]);
  });

  test("never at the moment itself, and the clock where none is given", async () => {
    const { rows } = await session.client.query(
      `select lastgood.time_text(lastgood.next_run('0 12 * * *', 'UTC', '2026-01-10T12:00Z')) as at,
         lastgood.time_text(lastgood.next_run('0 12 * * *', 'UTC', '2026-01-10T11:59:59.999Z')) as before,
         lastgood.time_text(lastgood.next_run('1 12 * * *')) as from_clock,
         lastgood.next_run('* * * * *', 'UTC', 'infinity') as for_ever`,
    );
    expect(rows).toEqual([
      {
        at: "2026-01-11T12:00:00Z",
        before: "2026-01-10T12:00:00Z",
        from_clock: "2026-01-10T12:01:00Z",
        for_ever: null,
      },
    ]);
  });
});

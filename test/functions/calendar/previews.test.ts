import { beforeEach, describe, expect, test } from "vitest";
import { addCatalogue, codeOf, makeBackup } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

describe("before one relies on a pattern", () => {
  async function warnings(pattern: string, tz = "UTC"): Promise<string[]> {
    const { rows } = await session.client.query<{ text: string }>(
      `select w as text from lastgood.schedule_warnings($1, $2,
         (select source_id from lastgood.source where name = 'etc')) as w`,
      [pattern, tz],
    );
    return rows.map(({ text }) => text);
  }

  test.each([
    ["0 2 * * *", "UTC", []],
    ["0 2 28 * *", "UTC", []],
    ["0 2 1,31 * *", "UTC", []],
    ["0 2 31 1,3 *", "UTC", []],
    ["0 2 29 * *", "UTC", ["it skips months, or years, that have no day 29"]],
    ["0 2 30,31 * *", "UTC", ["it skips months, or years, that have no day 30, 31"]],
    ["0 2 31 * mon", "UTC", []],
    ["0 3 * * *", "Europe/Oslo", []],
    ["*/30 * * * *", "Europe/Oslo", []],
    [
      "30 2 * * *",
      "Europe/Oslo",
      [
        "02:30 is skipped in Europe/Oslo on 2026-03-29, when clocks are set forward: it runs at 03:00",
      ],
    ],
    ["30 2 * * mon", "Europe/Oslo", []],
    [
      "0 */6 * * *",
      "America/Santiago",
      [
        "00:00 is skipped in America/Santiago on 2026-09-06, when clocks are set forward: it does not run then",
      ],
    ],
  ])("%s in %s: %j", async (pattern, tz, expected) => {
    expect(await warnings(pattern, tz)).toEqual(expected);
  });

  test("a backup that takes longer than the time between two runs", async () => {
    const { client } = session;
    const { backup_id: id } = await makeBackup(client);
    await client.query(
      `update lastgood.backup set ended_at = started_at + interval '20 minutes' where backup_id = $1`,
      [id],
    );
    expect(await warnings("*/20 * * * *")).toEqual([]);
    expect(await warnings("*/15 * * * *")).toEqual([
      "it runs every 00:15:00, and a backup of this source takes 00:20:00 as a rule",
    ]);
  });

  test("its next runs can be seen; LG079 for a number that is none", async () => {
    const { client } = session;
    const { rows } = await client.query(
      `select lastgood.time_text(p) as at
       from lastgood.preview_runs('30 2 * * *', 'America/Santiago', '2026-09-05Z', 3) as p`,
    );
    expect(rows.map(({ at: time }: { at: string }) => time)).toEqual([
      "2026-09-05T06:30:00Z",
      "2026-09-06T05:30:00Z",
      "2026-09-07T05:30:00Z",
    ]);
    for (const count of ["0", "-1", "null", "1001"]) {
      const call = `select lastgood.preview_runs('* * * * *', 'UTC', null, ${count})`;
      expect(await codeOf(client, call)).toBe("LG079");
    }
  });
});

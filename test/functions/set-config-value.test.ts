import type { Client } from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import { configChanges, getConfig, setConfig } from "../support/config.ts";
import { report } from "../support/database.ts";
import { at, useSession } from "../support/session.ts";

const session = useSession();

async function liveAlerts(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ log_type_name: string }>(
    `select log_type_name from lastgood.audit_log
     where severity = 10 and not deleted order by audit_log_id`,
  );
  return rows.map((row) => row.log_type_name);
}

const max = "2147483647";
const long = "s".repeat(64);
const hundredAndOne = Array.from({ length: 101 }, (_, place) => `scope${place}`).join(",");
const notWhole = ["abc", "", " 5", "5 ", "1.0", "1e3", "0x10", "--1", "+", "-", "5\n", "٥", null];
const tooLarge = ["2147483648", "99999999999", "-2147483649", "9".repeat(500)];
const positive = [...notWhole, ...tooLarge, "0", "-1", `-${max}`];

interface Rules {
  readonly key: string;
  readonly valid: readonly (readonly [given: string, stored: string])[];
  readonly invalid: readonly (string | null)[];
}

const same = (...values: string[]): [string, string][] => values.map((value) => [value, value]);
const rules: readonly Rules[] = [
  {
    key: "BackupCheckPeriodInHours",
    valid: [...same("-1", "1", max), ["+5", "5"], ["007", "7"], ["00000000000000000012", "12"]],
    invalid: [...notWhole, ...tooLarge, "0", "-2"],
  },
  ...["BackupUntakenAfterMinutes", "BackupWaitingAfterMinutes"].map((key) => ({
    key,
    valid: same("-1", "1", max),
    invalid: [...notWhole, ...tooLarge, "0", "-2"],
  })),
  { key: "BackupAlertPeriodInDays", valid: same("2", max), invalid: positive },
  { key: "BackupStuckAfterHours", valid: same("1", max), invalid: positive },
  { key: "BackupFailingAfterAttempts", valid: same("1", "1000"), invalid: [...positive, "1001"] },
  {
    key: "BackupMaxChainLength",
    valid: same("2", "10000"),
    invalid: [...positive, "1", "10001"],
  },
  {
    key: "BackupRequiredProofLevel",
    valid: [...same("1", "5"), ["-0", "0"]],
    invalid: [...notWhole, ...tooLarge, "-1", "6"],
  },
  {
    key: "BackupAutoRegisterLimit",
    valid: [...same(max, "0"), ["+0", "0"]],
    invalid: [...notWhole, ...tooLarge, "-1"],
  },
  { key: "BackupEventRetentionDays", valid: same("1", max), invalid: positive },
  {
    key: "BackupAutoRegister",
    valid: same("false", "true"),
    invalid: ["TRUE", "yes", "1", "", " true", null],
  },
  {
    key: "BackupRequiredScopes",
    valid: [
      ...same("db", "db,files,dwhdb", long, "größe"),
      [" db , files ", "db,files"],
      ["db,files,db", "db,files"],
    ],
    invalid: ["", " ", ",", "db,", ",db", "db,,files", `${long}s`, "db,\n", hundredAndOne, null],
  },
  {
    key: "BackupExcludeTables",
    valid: same("", "audit_*", 'public.log,"Odd name".*'),
    invalid: ["x".repeat(2001), null],
  },
  {
    key: "BackupDocumentationUrl",
    valid: same("https://wiki.test/backup?a=b#c", "http://x", ""),
    invalid: [
      "wiki.test",
      "ftp://x",
      "https://",
      "https://a b",
      "https://a\nb",
      "https://\u001b",
      null,
    ],
  },
];

describe("the rules of each key", () => {
  test("every key has its rules here", async () => {
    const { rows } = await session.client.query<{ name: string }>(
      "select name from lastgood.backup_config",
    );
    expect(rows.map(({ name }) => name).toSorted()).toEqual(rules.map(({ key }) => key).toSorted());
  });

  test.for(rules)("$key takes its values and stores them in one form", async ({ key, valid }) => {
    for (const [given, stored] of valid) {
      expect([given, await setConfig(session.client, key, given)]).toEqual([given, stored]);
      expect(await getConfig(session.client, key)).toBe(stored);
    }
  });

  test.for(rules)(
    "$key refuses all else with LG002, and keeps its value",
    async ({ key, invalid }) => {
      const before = await getConfig(session.client, key);
      for (const value of invalid) {
        await session.client.query("savepoint attempt");
        const error = await setConfig(session.client, key, value).catch(
          (reason: unknown) => reason,
        );
        expect([value, error]).toMatchObject([value, { code: "LG002" }]);
        expect(error).toHaveProperty("hint", expect.stringMatching(/^It .*\.$/s));
        await session.client.query("rollback to attempt");
      }
      expect(await getConfig(session.client, key)).toBe(before);
      expect(await configChanges(session.client)).toEqual([]);
    },
  );

  test("a hint names the valid values", async () => {
    await expect(setConfig(session.client, "BackupRequiredProofLevel", "6")).rejects.toMatchObject({
      code: "LG002",
      hint: "It is out of range; valid values are [0..5].",
    });
  });

  test.for(["NoSuchKey", "backupcheckperiodinhours", ""])("no key is called '%s'", async (key) => {
    await expect(setConfig(session.client, key, "1")).rejects.toMatchObject({ code: "LG001" });
  });

  test("every default obeys the rules of its key", async () => {
    const { rows } = await session.client.query(
      `select name, lastgood.config_value_defect(type, valid_values, default_value)
       from lastgood.backup_config
       where lastgood.config_value_defect(type, valid_values, default_value) is not null`,
    );
    expect(rows).toEqual([]);
  });
});

describe("a change", () => {
  test("leaves an event that says who, from what and to what", async () => {
    const { rows } = await session.client.query<{ who: string }>("select session_user as who");
    await setConfig(session.client, "BackupCheckPeriodInHours", "12");
    await setConfig(session.client, "BackupCheckPeriodInHours", "-1");
    const who = rows[0]?.who;
    expect(await configChanges(session.client)).toEqual([
      `${who} set BackupCheckPeriodInHours from "6" to "12".`,
      `${who} set BackupCheckPeriodInHours from "12" to "-1".`,
    ]);
    const key = await session.client.query(
      `select value, is_default, set_by, set_at is not null as is_dated
       from lastgood.backup_config where name = 'BackupCheckPeriodInHours'`,
    );
    expect(key.rows).toEqual([{ value: "-1", is_default: false, set_by: who, is_dated: true }]);
  });

  test("to the value that is there leaves no event", async () => {
    await setConfig(session.client, "BackupCheckPeriodInHours", "6");
    await setConfig(session.client, "BackupCheckPeriodInHours", "+6");
    await setConfig(session.client, "BackupRequiredScopes", "db, files");
    expect(await configChanges(session.client)).toEqual([]);
  });

  test("is undone by a reset, which leaves an event too and prints the default", async () => {
    await setConfig(session.client, "BackupAlertPeriodInDays", "7");
    const { rows } = await session.client.query<{ value: string }>(
      "select lastgood.reset_config_value('BackupAlertPeriodInDays') as value",
    );
    expect(rows).toEqual([{ value: "1" }]);
    expect((await configChanges(session.client)).at(-1)).toMatch(
      / set BackupAlertPeriodInDays from "7" to "1"\.$/,
    );
    const key = await session.client.query(
      "select value, set_by from lastgood.backup_config where name = 'BackupAlertPeriodInDays'",
    );
    expect(key.rows).toEqual([{ value: "1", set_by: null }]);
  });

  test("a reset of what was never set leaves no event", async () => {
    await session.client.query("select lastgood.reset_config_value('BackupAlertPeriodInDays')");
    expect(await configChanges(session.client)).toEqual([]);
  });

  test("a reset of an unknown key raises LG001", async () => {
    await expect(
      session.client.query("select lastgood.reset_config_value('NoSuchKey')"),
    ).rejects.toMatchObject({ code: "LG001" });
  });
});

describe("a merge", () => {
  const merge = async (key: string, value: string | null): Promise<unknown> => {
    const { rows } = await session.client.query<{ value: string }>(
      "select lastgood.merge_config_value($1, $2) as value",
      [key, value],
    );
    return rows[0]?.value;
  };

  test("adds scopes at the end, each once", async () => {
    expect(await merge("BackupRequiredScopes", "dwhdb, files,keycloak")).toBe(
      "db,files,dwhdb,keycloak",
    );
    expect(await configChanges(session.client)).toHaveLength(1);
  });

  test("of what is there already changes nothing", async () => {
    expect(await merge("BackupRequiredScopes", "db")).toBe("db,files");
    expect(await configChanges(session.client)).toEqual([]);
  });

  test.for([
    ["BackupRequiredScopes", "", "LG002"],
    ["BackupRequiredScopes", null, "LG002"],
    ["BackupAlertPeriodInDays", "1", "LG011"],
    ["BackupAutoRegister", "true", "LG011"],
    ["BackupDocumentationUrl", "https://x", "LG011"],
    ["NoSuchKey", "1", "LG001"],
  ] as const)("%s with '%s' raises %s", async ([key, value, code]) => {
    await expect(merge(key, value)).rejects.toMatchObject({ code });
  });
});

describe("a change takes effect at once, without a worker", () => {
  beforeEach(async () => {
    await report(session.client, { scope: "db", doneAt: at({ days: -2 }) });
    await report(session.client, { scope: "files", doneAt: at({ days: -2 }) });
    await session.client.query("select lastgood.check_backup_freshness()");
  });

  test("two days after the last full backup an alert is up", async () => {
    expect(await liveAlerts(session.client)).toEqual(["ENGINE_NO_WARM_BACKUP"]);
  });

  test("-1 ends live alerts", async () => {
    await setConfig(session.client, "BackupCheckPeriodInHours", "-1");
    expect(await liveAlerts(session.client)).toEqual([]);
  });

  test("checking switched on again brings them back", async () => {
    await setConfig(session.client, "BackupCheckPeriodInHours", "-1");
    await session.client.query("select lastgood.reset_config_value('BackupCheckPeriodInHours')");
    expect(await liveAlerts(session.client)).toEqual(["ENGINE_NO_WARM_BACKUP"]);
  });

  test("a longer period ends them", async () => {
    await setConfig(session.client, "BackupAlertPeriodInDays", "3");
    expect(await liveAlerts(session.client)).toEqual([]);
  });

  test("the longest period that there is ends them", async () => {
    await setConfig(session.client, "BackupAlertPeriodInDays", max);
    expect(await liveAlerts(session.client)).toEqual([]);
  });
});

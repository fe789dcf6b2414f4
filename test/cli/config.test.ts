import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { renderKeys } from "../../src/cli/config.ts";
import { nearestNames } from "../../src/cli/nearest.ts";
import { runProgram } from "../../src/cli/program.ts";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { testIo, type TestIo } from "../support/io.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
afterEach(async () => {
  await client.query("delete from lastgood.config_value");
});
afterAll(() => database.drop());

async function config(...args: string[]): Promise<TestIo> {
  const io = testIo({ env: { DATABASE_URL: database.url } });
  await runProgram(io, ["config", ...args]);
  return io;
}

function outcome(io: TestIo): { status: number; output: string; errors: string } {
  return { status: io.status(), output: io.output(), errors: io.errors() };
}

describe("lastgood config", () => {
  test("get prints the bare value", async () => {
    const io = await config("get", "BackupCheckPeriodInHours");
    expect(outcome(io)).toEqual({ status: 0, output: "6\n", errors: "" });
  });

  test("get --json prints all that is known of the key", async () => {
    const io = await config("get", "BackupCheckPeriodInHours", "--json");
    expect(JSON.parse(io.output())).toMatchObject({
      name: "BackupCheckPeriodInHours",
      value: "6",
      type: "Integer",
      is_default: true,
      set_by: null,
    });
  });

  test.for([
    ["BackupCheckPeriodInHours", "-1", "-1"],
    ["BackupCheckPeriodInHours", "+12", "12"],
    ["BackupRequiredScopes", " db, files ,dwhdb", "db,files,dwhdb"],
    ["BackupDocumentationUrl", "https://a.test/?b=c", "https://a.test/?b=c"],
  ] as const)("set %s %s prints the value as stored", async ([key, given, stored]) => {
    const io = await config("set", key, given);
    expect(outcome(io)).toEqual({ status: 0, output: `${stored}\n`, errors: "" });
    expect((await config("get", key)).output()).toBe(`${stored}\n`);
  });

  test("set --json prints name and value", async () => {
    const io = await config("set", "BackupAlertPeriodInDays", "07", "--json");
    expect(JSON.parse(io.output())).toEqual({ name: "BackupAlertPeriodInDays", value: "7" });
  });

  test("reset prints the default, which holds again", async () => {
    await config("set", "BackupAlertPeriodInDays", "7");
    const io = await config("reset", "BackupAlertPeriodInDays");
    expect(outcome(io)).toEqual({ status: 0, output: "1\n", errors: "" });
    expect((await config("get", "BackupAlertPeriodInDays")).output()).toBe("1\n");
  });

  test("list shows every key, its value and what it is for, in 100 columns", async () => {
    await config("set", "BackupCheckPeriodInHours", "-1");
    const io = await config("list");
    expect(io.status()).toBe(0);
    const lines = io.output().trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 2 * 14);
    expect(lines[0]).toMatch(/^KEY +VALUE +DEFAULT +TYPE +VALID VALUES$/);
    const at = lines.findIndex((line) => line.startsWith("BackupCheckPeriodInHours"));
    expect(lines[at]).toMatch(/^BackupCheckPeriodInHours +-1 +6 +Integer +-1,1\.\.2147483647$/);
    expect(lines[at + 1]).toMatch(/^ {2}Hours between two checks/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("list keeps a value with a newline on its line", () => {
    const key = {
      name: "K",
      value: "a\nb",
      type: "ScopeList",
      valid_values: null,
      default_value: "",
      is_default: false,
      description: "What it is for",
      set_at: null,
      set_by: null,
    };
    expect(renderKeys([key]).split("\n")[1]).toMatch(/^K +a b +'' +ScopeList$/);
  });

  test.for([["--json"], ["--output", "json"]])("list %j prints the rows", async (args) => {
    const keys = JSON.parse((await config("list", ...args)).output()) as { name: string }[];
    expect(keys).toHaveLength(14);
    expect(keys[0]).toMatchObject({ name: "BackupAlertPeriodInDays", default_value: "1" });
  });
});

describe("what goes wrong with lastgood config", () => {
  const known = "Did you mean BackupCheckPeriodInHours?";
  test.for([
    [["get", "BackupCheckPeriodInHour"], known],
    [["set", "BackupCheckPeriodInHour", "1"], known],
    [["reset", "checkperiod"], known],
    [["get", "Nonsense"], "List them with: lastgood config list"],
  ] satisfies [string[], string][])("%j: the key is unknown", async ([args, hint]) => {
    expect(outcome(await config(...args))).toEqual({
      status: 1,
      output: "",
      errors: `lastgood: there is no config key "${args[1]}"\nhint: ${hint}\n`,
    });
  });

  test("a bad value names the valid ones", async () => {
    expect(outcome(await config("set", "BackupAlertPeriodInDays", "0"))).toEqual({
      status: 1,
      output: "",
      errors:
        "lastgood: cannot set value '0' to key BackupAlertPeriodInDays\n" +
        "hint: It is out of range; valid values are [1..2147483647].\n",
    });
  });

  test("with --json the error is the document", async () => {
    const io = await config("set", "BackupAlertPeriodInDays", "x", "--json");
    expect(io.status()).toBe(1);
    expect(JSON.parse(io.output())).toMatchObject({ error: { code: "LG002" } });
  });

  test.for(["", "no", "get", "set", "set BackupAlertPeriodInDays", "get A B", "list --output x"])(
    "'%s' is wrong usage",
    async (words) => {
      const io = await config(...words.split(" ").filter(Boolean));
      expect({ status: io.status(), output: io.output() }).toEqual({ status: 2, output: "" });
    },
  );

  test("without a database nothing can be determined", async () => {
    const io = testIo({ env: { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" } });
    await runProgram(io, ["config", "list"]);
    expect(io.status()).toBe(3);
  });
});

describe("the names that somebody may have meant", () => {
  const names = ["BackupAlertPeriodInDays", "BackupAutoRegister", "BackupAutoRegisterLimit"];
  test.for([
    ["backupalertperiodindays", ["BackupAlertPeriodInDays"]],
    ["BackupAlertPeriodInDay", ["BackupAlertPeriodInDays"]],
    ["AlertPeriod", ["BackupAlertPeriodInDays"]],
    ["AutoRegister", ["BackupAutoRegister", "BackupAutoRegisterLimit"]],
    ["BackupAutoRegistre", ["BackupAutoRegister", "BackupAutoRegisterLimit"]],
    ["BackupAlertPeriodInDyas", ["BackupAlertPeriodInDays"]],
    ["zzz", []],
    ["", []],
  ] satisfies [string, string[]][])("'%s'", ([wanted, expected]) => {
    expect(nearestNames(wanted, names)).toEqual(expected);
  });
});

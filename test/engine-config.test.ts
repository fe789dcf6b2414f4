import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Finished, runBin } from "./support/bin.ts";
import { copyTemplate, createRole, dropRole, type TestDatabase } from "./support/database.ts";

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

async function engineConfig(...args: string[]): Promise<Finished> {
  return await runBin("engine-config.js", args, { DATABASE_URL: database.url });
}

async function valueOf(key: string): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string }>(
    "select value from lastgood.backup_config where name = $1",
    [key],
  );
  return rows[0]?.value;
}

const period = "BackupCheckPeriodInHours";
const scopes = "BackupRequiredScopes";
const list = `BackupAlertPeriodInDays: Days that a system may go without a fresh full backup before an alert is raised (Value Type: Integer)
BackupAutoRegister: Whether a system is watched from its first report on (Value Type: Boolean)
`;
const diff = `Name: BackupAlertPeriodInDays
Version: general
Current: 7
Default: 1

Name: BackupCheckPeriodInHours
Version: general
Current: -1
Default: 6

`;

describe("each action in its short and its long form", () => {
  test.for([["-l"], ["--list"], ["--list", "--only-reloadable"], ["-l", "-o"]])(
    "%j lists every key with its description and type",
    async (args) => {
      const { status, stdout, stderr } = await engineConfig(...args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.startsWith(list)).toBe(true);
      expect(stdout.trimEnd().split("\n")).toHaveLength(14);
    },
  );

  test.for([["-a"], ["--all"]])("%j prints the value of every key", async (args) => {
    const { status, stdout, stderr } = await engineConfig(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(14);
    expect(lines).toContain("BackupCheckPeriodInHours: 6 version: general");
    expect(lines).toContain("BackupDocumentationUrl:  version: general");
  });

  test.for([
    [["-g", period], "BackupCheckPeriodInHours: 6 version: general\n"],
    [["--get", period], "BackupCheckPeriodInHours: 6 version: general\n"],
    [[`--get=${period}`], "BackupCheckPeriodInHours: 6 version: general\n"],
    [["-g", period, "--cver="], "BackupCheckPeriodInHours: 6 version: general\n"],
    [["-g", period, "--cver=general"], "6\n"],
    [["-g", period, "--cver", "general"], "6\n"],
    [[`--get=${period}`, "--cver=general"], "6\n"],
    [[`--get=${period}`, "--cver", "general"], "6\n"],
  ] satisfies [string[], string][])("%j prints one value", async ([args, expected]) => {
    expect(await engineConfig(...args)).toEqual({ status: 0, stdout: expected, stderr: "" });
  });

  test.for([
    [["-s", `${period}=12`], period, "12"],
    [["--set", `${period}=12`], period, "12"],
    [["-s", `${period}=-1`], period, "-1"],
    [["-s", `${period}=+5`], period, "5"],
    [["-s", `${period}=12`, "--cver=general"], period, "12"],
    [["--set", `${period}=12`, "--cver", "general"], period, "12"],
    // Split at the first "=": what follows belongs to the value.
    [
      ["-s", "BackupDocumentationUrl=https://a.test/?b=c"],
      "BackupDocumentationUrl",
      "https://a.test/?b=c",
    ],
    [["-s", "BackupAutoRegister=false"], "BackupAutoRegister", "false"],
    [["-s", `${scopes}=db, files ,dwhdb`], scopes, "db,files,dwhdb"],
    [["-m", `${scopes}=dwhdb`], scopes, "db,files,dwhdb"],
    [["--merge", `${scopes}=dwhdb,db,x`], scopes, "db,files,dwhdb,x"],
    [["-m", `${scopes}=dwhdb`, "--cver=general"], scopes, "db,files,dwhdb"],
  ] satisfies [string[], string, string][])(
    "%j prints nothing and sets",
    async ([args, key, value]) => {
      expect(await engineConfig(...args)).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(await valueOf(key)).toBe(value);
    },
  );

  test("-s KEY= sets the empty value", async () => {
    await engineConfig("-s", "BackupDocumentationUrl=https://a.test");
    const result = await engineConfig("-s", "BackupDocumentationUrl=");
    expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await valueOf("BackupDocumentationUrl")).toBe("");
  });

  test("a merge that changes nothing says so", async () => {
    expect(await engineConfig("-m", `${scopes}=files`)).toEqual({
      status: 0,
      stdout: "",
      stderr: "Merge operation cancelled as value is unchanged.\n",
    });
  });

  test.for([["-d"], ["--diff"]])("%j prints what is not the default", async (args) => {
    expect(await engineConfig(...args)).toEqual({ status: 0, stdout: "", stderr: "" });
    await engineConfig("-s", `${period}=-1`);
    await engineConfig("-s", "BackupAlertPeriodInDays=7");
    expect(await engineConfig(...args)).toEqual({ status: 0, stdout: diff, stderr: "" });
  });

  test.for([["-h"], ["--help"], ["--help="], ["-s", `${period}=12`, "--help"], ["-g", "-h"]])(
    "%j prints the usage and does nothing else, database or not",
    async (args) => {
      const { status, stdout, stderr } = await runBin("engine-config.js", args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: engine-config ACTION/);
      expect(await valueOf(period)).toBe("6");
    },
  );

  test("--help=KEY prints what is known of a key", async () => {
    expect(await engineConfig(`--help=${period}`)).toEqual({
      status: 0,
      stderr: "",
      stdout:
        "BackupCheckPeriodInHours: Hours between two checks of backup freshness;" +
        " -1 switches checking and alerts off (Value Type: Integer)\n" +
        "Valid values: [-1, 1..2147483647]\nDefault: 6\n" +
        "Usage: engine-config -s BackupCheckPeriodInHours=VALUE\n",
    });
  });
});

describe("options of the real tool that mean nothing here are accepted and named", () => {
  test.for([
    ["-p", ["-p", "/etc/x.properties"]],
    ["--properties", ["--properties=/etc/x.properties"]],
    ["-c", ["-c", "/etc/x.conf"]],
    ["--config", ["--config=/etc/x.conf"]],
    ["--log-file", ["--log-file=/tmp/x.log"]],
    ["--log-level", ["--log-level", "FINE"]],
    ["--unknown", ["--unknown", "value"]],
    ["extra", ["extra"]],
  ] satisfies [string, string[]][])("%s", async ([name, args]) => {
    expect(await engineConfig("-g", period, "--cver=general", ...args)).toEqual({
      status: 0,
      stdout: "6\n",
      stderr: `${name} has no effect.\n`,
    });
  });

  test("--database-url goes before the environment", async () => {
    const result = await runBin(
      "engine-config.js",
      ["-g", period, `--database-url=${database.url}`, "--cver", "general"],
      { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" },
    );
    expect(result).toEqual({ status: 0, stdout: "6\n", stderr: "" });
  });
});

const notAnAction = (name: string): string =>
  `Action verb must come first, and '${name}' is not an action.\n` +
  "Please tell me what to do: list? get? set? get-all?\n";
const noFormat = "Argument for set/merge action must be in format of key=value.\n";
const missing = "Missing key or value for set action, make sure arguments are in proper order.\n";
const unknown = (key: string, hint: string): string =>
  `Error fetching ${key} value: no such entry. Please verify key name and property file support.\n` +
  `hint: ${hint}\n`;
const listHint = "List them with: engine-config -l";
const wholeNumber = "It must be a whole number; valid values are [-1,1..2147483647].";
const outOfRange = "It is out of range; valid values are [-1,1..2147483647].";

describe("each error is on stderr alone, with status 1, and changes nothing", () => {
  test.for([
    [[], "Error: at least 1 argument needed for configuration utility to run.\n"],
    [["list"], "First argument must be an action, and start with '-' or '--'\n"],
    [[""], "First argument must be an action, and start with '-' or '--'\n"],
    [["-x"], notAnAction("-x")],
    [["--reload"], notAnAction("--reload")],
    [["--gett=K"], notAnAction("--gett=K")],
    [["-g=K"], notAnAction("-g=K")],
    [["--cver=general", "-g", period], notAnAction("--cver=general")],
    [[`--set=${period}=12`], notAnAction(`--set=${period}=12`)],
    [[`--merge=${scopes}=x`], notAnAction(`--merge=${scopes}=x`)],
    [["-s", period], noFormat],
    [["--set", period], noFormat],
    [["-m", scopes], noFormat],
    [["-s", "=12"], noFormat],
    [["-g", "k=v"], "Illegal second argument: k=v.\n"],
    [["--get", "k=v"], "Illegal second argument: k=v.\n"],
    [["-l", "k=v"], "Illegal second argument: k=v.\n"],
    [["-g"], "Missing key for get action.\n"],
    [["--get"], "Missing key for get action.\n"],
    [["--get="], "Missing key for get action.\n"],
    [["-g", "--cver=general", period], "Missing key for get action.\n"],
    [["-s"], missing],
    [["--set"], missing],
    [["-m"], missing],
    [["-s", "--cver=general", `${period}=12`], missing],
    [["-s", `${period}=abc`], `Cannot set value abc to key ${period}. \nhint: ${wholeNumber}\n`],
    [["-s", `${period}=`], `Cannot set value  to key ${period}. \nhint: ${wholeNumber}\n`],
    [["-s", `${period}= 5`], `Cannot set value  5 to key ${period}. \nhint: ${wholeNumber}\n`],
    [["-s", `${period}=0`], `Cannot set value 0 to key ${period}. \nhint: ${outOfRange}\n`],
    [
      ["-s", `${period}=2147483648`],
      `Cannot set value 2147483648 to key ${period}. \nhint: ${outOfRange}\n`,
    ],
    [
      ["-s", "BackupAutoRegister=yes"],
      "Cannot set value yes to key BackupAutoRegister. Valid values are [true, false]\n" +
        "hint: It must be true or false.\n",
    ],
    [
      ["-m", `${scopes}=x,,y`],
      `Cannot set value x,,y to key ${scopes}. \n` +
        "hint: It must name 1 to 100 scopes of 1 to 64 characters, separated by commas.\n",
    ],
    [["-m", `${period}=1`], `${period} does not support merge of values.\n`],
    [
      ["-g", period, "--cver=4.7"],
      `Error fetching ${period} value: no such entry with version '4.7'.\n`,
    ],
    [
      ["-g", "NoKey", "--cver=4.7"],
      "Error fetching NoKey value: no such entry with version '4.7'.\n",
    ],
    [
      ["-s", `${period}=12`, "--cver=4.7"],
      `Error setting ${period}'s value. No such entry with version 4.7.\n`,
    ],
    [
      ["-m", `${scopes}=x`, "--cver", "4.7"],
      `Error setting ${scopes}'s value. No such entry with version 4.7.\n`,
    ],
    [["-g", "NoSuchKey"], unknown("NoSuchKey", listHint)],
    [
      ["-g", "BackupCheckPeriodInHour"],
      unknown("BackupCheckPeriodInHour", `Did you mean ${period}?`),
    ],
    [["-s", "NoSuchKey=1"], unknown("NoSuchKey", listHint)],
    [["-m", "NoSuchKey=1"], unknown("NoSuchKey", listHint)],
    [
      ["--help=NoSuchKey"],
      `Cannot display help for key NoSuchKey. The key does not exist.\nhint: ${listHint}\n`,
    ],
  ] satisfies [string[], string][])("%j", async ([args, stderr]) => {
    expect(await engineConfig(...args)).toEqual({ status: 1, stdout: "", stderr });
    const { rows } = await client.query("select name from lastgood.config_value");
    expect(rows).toEqual([]);
  });

  test.for([
    ["-l"],
    ["-a"],
    ["-g", period],
    ["-s", `${period}=1`],
    ["-m", `${scopes}=x`],
    ["-d"],
    [`--help=${period}`],
  ])("%j with the database down", async (args) => {
    const { status, stdout, stderr } = await runBin("engine-config.js", args, {
      DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none",
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.split("\n")[0]).toBe(
      "Connection to the Database failed. Please check that the hostname and port number are" +
        " correct and that the Database service is up and running.",
    );
  });

  test("a program that was never built", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lastgood-unbuilt-"));
    try {
      await cp(fileURLToPath(new URL("../bin", import.meta.url)), join(folder, "bin"), {
        recursive: true,
      });
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      const program = join(folder, "bin", "engine-config.js");
      const result = spawnSync(process.execPath, [program, "-l"], { encoding: "utf8" });
      expect(result).toMatchObject({ status: 1, stdout: "" });
      expect(result.stderr).toMatch(/not built/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("no database named at all", async () => {
    const result = await runBin("engine-config.js", ["-l"], { LASTGOOD_HOME: "/nonexistent" });
    expect(result).toMatchObject({ status: 1, stdout: "" });
    expect(result.stderr).toMatch(/^no database is named\nhint: /);
  });

  test("a role that may only read", async () => {
    const role = await createRole();
    try {
      await client.query("select lastgood.grant_role($1, 'reader')", [role.user]);
      const env = { DATABASE_URL: database.urlFor(role) };
      const read = await runBin("engine-config.js", ["-g", period, "--cver=general"], env);
      expect(read).toEqual({ status: 0, stdout: "6\n", stderr: "" });
      const write = await runBin("engine-config.js", ["-s", `${period}=1`], env);
      expect(write).toMatchObject({ status: 1, stdout: "" });
      expect(write.stderr).toMatch(/permission denied for function set_config_value/);
    } finally {
      await client.query(`drop owned by ${role.user}`);
      await client.query("delete from lastgood.granted_role where role_name = $1", [role.user]);
      await dropRole(role);
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import type { Finished } from "../support/bin.ts";
import { runProgram } from "../support/programs.ts";
import { examplesPath, readExample } from "./support.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await copyTemplate();
  const client = await database.connect();
  await report(client, { fqdn: "engine.example.test", requiredScopes: ["db"], scope: "db" });
  await report(client, { fqdn: "other.test", requiredScopes: ["db"], scope: "db", status: -1 });
});
afterAll(() => database.drop());

/** Runs a command line of an example, with the database of this test in place of the named one. */
async function run(line: string): Promise<Finished> {
  const command = line
    .replace("/usr/local/bin/", "")
    .replace(/postgresql:\/\/nagios@[\w.]+\/app/, database.url);
  return await runProgram("sh", ["-c", command], { env: { PATH: await examplesPath() } });
}

/** The values of a directive in the objects of one kind in a Nagios configuration. */
function values(kind: string, directive: string): string[] {
  const objects = readExample("nagios.cfg").matchAll(
    new RegExp(`^define ${kind} \\{(.*?)^\\}`, "gms"),
  );
  return [...objects].map(
    ([, body = ""]) => new RegExp(`^ +${directive} +(.*)$`, "m").exec(body)?.[1] ?? "",
  );
}

describe("nagios.cfg", () => {
  const lines = new Map(
    values("command", "command_name").map((name, index) => [
      name,
      values("command", "command_line")[index] ?? "",
    ]),
  );

  /** As Nagios fills the arguments of a service's check_command into its command. */
  function commandOf(check: string): string {
    const [name = "", ...args] = check.split("!");
    return (lines.get(name) ?? "").replaceAll(/\$ARG(\d)\$/g, (_, n) => args[Number(n) - 1] ?? "");
  }

  test("its services are checked, all systems and one", async () => {
    const [all = "", one = "", ...rest] = values("service", "check_command").map(commandOf);
    expect(rest).toEqual([]);
    expect(await run(all)).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/^LASTGOOD CRITICAL - other\.test\/db .* \| 'engine/),
    });
    expect(await run(one)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^LASTGOOD OK - 1 system fresh.*\n$/),
    });
  });
});

test("nrpe.cfg: the command runs, and gives up before NRPE does", async () => {
  const line = /^command\[check_lastgood\]=(.*)$/m.exec(readExample("nrpe.cfg"))?.[1] ?? "";
  expect((await run(line)).status).toBe(2);
  expect(Number(/--timeout (\d+)/.exec(line)?.[1])).toBeLessThan(10);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { lastgood } from "../support/cli.ts";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import { runProgram } from "../support/programs.ts";
import { checker, examplePath, readExample } from "./support.ts";
import { temporaryFolder } from "../support/folder.ts";

const rules = readExample("prometheus-rules.yml").replaceAll(
  /^ *(?:#|summary:|description:).*\n/gm,
  "",
);

let database: TestDatabase;
let metrics: string;

beforeAll(async () => {
  database = await copyTemplate();
  const client = await database.connect();
  await report(client, { fqdn: 'a "quoted" name', scope: "db" });
  await report(client, { fqdn: "b.test", scope: "files", status: -1 });
  const io = await lastgood({ DATABASE_URL: database.url }, "check", "--output", "prometheus");
  metrics = io.output;
});
afterAll(() => database.drop());

async function promtool(context: TestContext): Promise<string> {
  return await checker(context, "promtool", "--version", "the Debian package prometheus");
}

test("rules use metrics that check prints, and node_exporter's age of a file", () => {
  const used = new Set(rules.match(/\b(?:lastgood|node)_\w+(?=[\s{[)]|$)/gm));
  const printed = new Set(metrics.match(/^lastgood_\w+/gm));
  expect([...used].filter((name) => !printed.has(name))).toEqual(["node_textfile_mtime_seconds"]);
});

function kind(rule: string): string {
  return /lastgood: (\w+)/.exec(rule)?.[1] ?? "";
}

test("every rule has a twin that fires where its metric is absent", () => {
  const blocks = rules.split(/^ +- alert: /m).slice(1);
  const twins = blocks.filter((block) => block.includes("twin: absent"));
  expect(blocks.length).toBeGreaterThan(10);
  for (const block of blocks) expect(twins.map(kind)).toContain(kind(block));
  for (const twin of twins) expect(twin).toMatch(/absent\(|unless/);
});

test("promtool finds the rules sound", async (context) => {
  const program = await promtool(context);
  const outcome = await runProgram(program, [
    "check",
    "rules",
    examplePath("prometheus-rules.yml"),
  ]);
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
});

test("promtool finds that they fire when they should, and not before", async (context) => {
  const program = await promtool(context);
  const tests = join(import.meta.dirname, "prometheus-rules.test.yml");
  expect(await runProgram(program, ["test", "rules", tests])).toMatchObject({ status: 0 });
});

test("promtool finds the metrics sound", async (context) => {
  const program = await promtool(context);
  const check = (input: string): ReturnType<typeof runProgram> =>
    runProgram(program, ["check", "metrics"], { input });
  expect(await check(metrics)).toMatchObject({ status: 0, stderr: "" });
  expect((await check(metrics.replace(" gauge", " gouge"))).status).not.toBe(0);
});

test("a rule that is broken would be found", async (context) => {
  const program = await promtool(context);
  const path = join(await temporaryFolder(), "rules.yml");
  await writeFile(path, rules.replace("absent(", "abesnt("));
  expect((await runProgram(program, ["check", "rules", path])).status).not.toBe(0);
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderPrometheus } from "../../src/check/prometheus.ts";
import { readMetrics } from "../../src/check/metrics.ts";
import { parseSpoolFile } from "../../src/report/spool-file.ts";
import { addSchedule } from "../support/calendar.ts";
import { lastgood } from "../support/cli.ts";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import { codeSpans, fencedBlocks, names, readPage, root, tableBelow } from "./support.ts";

const page = readPage("docs/scripting.md");

let database: TestDatabase;
let client: Client;
/** A spool that somebody has on this machine is none of our business. */
let state: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
  state = await mkdtemp(join(tmpdir(), "lastgood-test-"));
  env = { DATABASE_URL: database.url, LASTGOOD_STATE_DIR: state };
  await report(client, { scope: "db", status: 0 });
  await report(client, { scope: "db" });
  await client.query(
    "select lastgood.add_source('shop', 'files', fqdn, 'db') from lastgood.system",
  );
  await addSchedule(client, { source: "shop" });
});
afterAll(async () => {
  await database.drop();
  await rm(state, { recursive: true });
});

describe("the SQL interface is as docs/scripting.md says", () => {
  const relations = [
    "system_status",
    "backup_status",
    "active_alert",
    "check_summary",
    "queue_status",
    "execution_count",
    "audit_log",
    "engine_backup_log",
  ];

  test.each(relations)("the columns of %s, in order, with their types", async (relation) => {
    const { rows } = await client.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type
       from pg_attribute
       where attrelid = ('lastgood.' || $1)::regclass and attnum > 0 and not attisdropped
       order by attnum`,
      [relation],
    );
    const listed = tableBelow(page, `### \`lastgood.${relation}\``);
    expect(listed.map(([name = "", type = ""]) => [codeSpans(name)[0], type])).toEqual(
      rows.map(({ name, type }) => [name, type.replace("timestamp with time zone", "timestamptz")]),
    );
  });

  test("the types of events", async () => {
    const { rows } = await client.query<{ id: string; name: string; severity: string }>(
      `select log_type::text as id, log_type_name as name, severity::text as severity
       from lastgood.event_type order by log_type`,
    );
    const start = page.indexOf("| id | name | severity | is |");
    const listed = tableBelow(`# x\n${page.slice(start)}`, "# x");
    expect(listed.map(([id, name = "", severity]) => [id, codeSpans(name)[0], severity])).toEqual(
      rows.map(({ id, name, severity }) => [id, name, severity]),
    );
  });

  test("the functions with the names of their parameters", async () => {
    for (const [name = "", parameters = ""] of tableBelow(page, "## Functions")) {
      const [qualified = ""] = codeSpans(name);
      const { rows } = await client.query<{ parameters: string[] }>(
        `select array(
           select n.name
           from unnest(p.proargnames, p.proargmodes) as n(name, mode)
           where coalesce(n.mode, 'i') = 'i'
         ) as parameters
         from pg_proc as p where p.oid = $1::regproc`,
        [qualified],
      );
      const listed = codeSpans(parameters)[0]?.split(", ") ?? [];
      expect([qualified, listed]).toEqual([qualified, rows[0]?.parameters]);
    }
  });

  test("every function that a reach may execute, under that reach", async () => {
    const listed = tableBelow(page, "## Functions").map(([name = "", , reach]) => ({
      name: codeSpans(name)[0] ?? "",
      reach,
    }));
    for (const [reach, includes] of [
      ["reporter", ["reporter"]],
      ["reader", ["reader"]],
      ["operator", ["reader", "operator"]],
    ] as const) {
      const { rows } = await client.query<{ name: string }>(
        `select split_part(split_part(g.statement, 'function ', 2), '(', 1) as name
         from lastgood.grant_statements('somebody', $1) as g(statement)
         where g.statement like 'grant execute on function %'`,
        [reach],
      );
      const wanted = listed.filter((row) => includes.some((each) => each === row.reach));
      expect(wanted.map(({ name }) => name).toSorted()).toEqual(
        rows.map(({ name }) => name).toSorted(),
      );
    }
  });

  test("its SQL runs", async () => {
    const blocks = fencedBlocks(page, "sql");
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) {
      await expect(client.query(`begin; ${block}; rollback`)).resolves.toBeDefined();
    }
  });
});

/** The keys of a document that a command printed, of its first element where it is a list. */
async function keysOf(...args: string[]): Promise<string[]> {
  const { output } = await lastgood(env, ...args);
  const document = JSON.parse(output) as object | readonly object[];
  const first: unknown = Array.isArray(document) ? document[0] : document;
  return Object.keys(first as object).toSorted();
}

describe("the fields of JSON documents are those of the page", () => {
  const fields = (heading: string): string[] => names(tableBelow(page, heading)).toSorted();
  const system = fields("### The verdict of a system").filter((name) => !name.includes("."));
  const scope = fields("### The verdict of a scope").filter((name) => !name.includes("."));

  test("of verdicts", async () => {
    const { output } = await lastgood(env, "status", "--json");
    const [first] = JSON.parse(output) as { scopes: object[] }[];
    expect(Object.keys(first ?? {}).toSorted()).toEqual(system);
    expect(Object.keys(first?.scopes[0] ?? {}).toSorted()).toEqual(scope);
  });

  test("of check", async () => {
    expect(await keysOf("check", "--json")).toEqual(fields("### `lastgood check --json`"));
    const { output } = await lastgood(env, "check", "--json");
    const check = JSON.parse(output) as Record<string, object | object[]>;
    expect(Object.keys(check["summary"] ?? {})).toEqual(
      names(tableBelow(page, "### `lastgood.check_summary`")).map((name) =>
        name === "check_period" ? "check_period_seconds" : name,
      ),
    );
    const [first] = check["systems"] as { scopes: object[] }[];
    expect(Object.keys(first ?? {}).toSorted()).toEqual(system);
    expect(Object.keys(first?.scopes[0] ?? {}).toSorted()).toEqual(scope);
  });

  test.each([
    ["alerts"],
    ["events"],
    ["system list"],
    ["config list"],
    ["install"],
    ["doctor"],
    ["log-event --replay"],
  ])("of %s", async (command) => {
    expect(await keysOf(...command.split(" "), "--json")).toEqual(
      fields(`### \`lastgood ${command} --json\``),
    );
  });

  test("of config set, get and reset", async () => {
    const key = "BackupStuckAfterHours";
    const changed = fields("### `lastgood config set --json`");
    expect(await keysOf("config", "set", key, "25", "--json")).toEqual(changed);
    expect(await keysOf("config", "reset", key, "--json")).toEqual(changed);
    expect(await keysOf("config", "get", key, "--json")).toEqual(
      fields("### `lastgood config list --json`"),
    );
  });

  test("of log-event", async () => {
    const args = ["log-event", "--scope", "files", "--status", "started", "--fqdn", "json.test"];
    const { output } = await lastgood(env, ...args, "--json");
    const { events } = JSON.parse(output) as { events: object[] };
    expect(Object.keys(events[0] ?? {}).toSorted()).toEqual(
      fields("### `lastgood log-event --json`"),
    );
  });
});

test("the metrics and their labels are those of the page", async () => {
  const text = await renderPrometheus(await readMetrics(client));
  const printed = new Map<string, string>();
  for (const [, name = "", labels = ""] of text.matchAll(/^(lastgood_\w+)(?:\{(.*)\})? /gm)) {
    printed.set(name, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).join(", "));
  }
  const listed = tableBelow(page, "## Prometheus").map(([name = "", labels = ""]) => [
    codeSpans(name)[0],
    codeSpans(labels).join(", "),
  ]);
  expect(listed).toEqual([...printed]);
});

test("every variable that the programs read is on the page, and no other", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    // What the programs of PostgreSQL are given is set there, and not read.
    .filter((name) => name.endsWith(".ts") && !/^(?:sources\/)?postgresql\//.test(name))
    .map((name) => readFileSync(join(root, "src", name), "utf8"));
  const script = readFileSync(join(root, "bin/log-backup-event.sh"), "utf8");
  const read = new Set([
    ...sources.flatMap((text) => text.match(/(?<=\benv\[")[A-Z_]+(?="\])/g) ?? []),
    ...sources.flatMap((text) => text.match(/"PG[A-Z]+"/g)?.map((name) => name.slice(1, -1)) ?? []),
    ...(script.match(/(?<=\$\{)[A-Z][A-Z_]+(?=:)/g) ?? []),
  ]);
  // It names our own connection.
  read.delete("PGAPPNAME");
  // Stands for all of them.
  read.add("LASTGOOD_SECRET_NAME");
  const listed = tableBelow(page, "## Environment").flatMap(([name = ""]) => codeSpans(name));
  expect(listed.toSorted()).toEqual([...read].toSorted());
});

test("the file of the spool that it shows is an event", () => {
  const file = fencedBlocks(page, "").find((block) => block.startsWith("format=")) ?? "";
  expect(parseSpoolFile(file)).toMatchObject({
    target: "db.example.test:5432/engine",
    event: { scope: "db", message: "Backup finished.\nThis is its second line." },
  });
});

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Client } from "pg";
import type { Sink } from "../../layouts/layout.ts";
import type { Content, Item } from "../../manifest/entry.ts";
import { failureOf, startProgram } from "../program/program.ts";
import type { RunContext } from "../source.ts";
import { connectTo, inDatabase, programEnv, type Target } from "../../postgresql/connection.ts";
import { Follower } from "./follow.ts";
import type { Graph } from "./graph.ts";
import { itemsOf } from "./items.ts";
import * as queries from "./queries.ts";
import { readGraph } from "./read-graph.ts";
import { majorOf, programFor, readServer, recordServer } from "./server.ts";
import type { PostgresqlSettings } from "./settings.ts";
import { checkSpace } from "./size.ts";
import { makeStaging, removeStaging } from "./staging-folder.ts";
import { listToc } from "./list-toc.ts";

export interface DumpInput {
  readonly target: Target;
  readonly passfile: string;
  readonly settings: PostgresqlSettings;
  readonly excludeTables: readonly string[];
  readonly sink: Sink;
  readonly context: RunContext;
}

/** A dumped database: its files by name, with graph.json among them. */
export interface DumpedDatabase {
  readonly contents: ReadonlyMap<string, Content>;
  readonly graph: Graph;
  readonly items: readonly Item[];
}

/** Dumps one database into the sink, in one snapshot that our own session holds. */
export async function dumpDatabase(database: string, input: DumpInput): Promise<DumpedDatabase> {
  const target = inDatabase(input.target, database);
  const client = await connectTo(target, input.context);
  const staging = await makeStaging(input.settings.staging ?? input.context.scratchFolder);
  try {
    await client.query(queries.settleSession);
    await checkSpace(client, staging, input.excludeTables);
    await client.query(queries.openSnapshot);
    const dumped = await dump(client, { ...input, target }, staging);
    await client.query("commit");
    return dumped;
  } finally {
    await client.end().catch(() => undefined);
    await removeStaging(staging);
  }
}

async function dump(client: Client, input: DumpInput, staging: string): Promise<DumpedDatabase> {
  const { context, sink } = input;
  const facts = await readServer(client);
  const program = await programFor("pg_dump", majorOf(facts), context.env);
  const server = await recordServer(client, facts);
  const { rows } = await client.query<{ snapshot: string }>(queries.exportSnapshot);
  const folder = join(staging, "dump");
  const follower = new Follower({ folder, sink, jobs: input.settings.jobs });
  const { rows: stores } = await client.query<{ hasStore: boolean }>(queries.hasStore);
  const { isStandby } = facts;
  if (isStandby) context.warn("A standby has no data of unlogged tables: they are kept empty.");
  const run = { ...input, folder, follower, isStandby, hasStore: stores[0]?.hasStore === true };
  await runDump(program.path, String(rows[0]?.snapshot), run);
  await follower.storeRest();
  const toc = await listToc(folder, program, context);
  const sizes = new Map(
    [...follower.contents].map(([name, { size }]) => [Number.parseInt(name, 10), size]),
  );
  const graph = await readGraph({ client, toc, server, pgDump: program.version, sizes });
  const content = await sink.store(Buffer.from(JSON.stringify(graph)));
  const contents = new Map([...follower.contents, ["graph.json", content]]);
  return { contents, graph, items: itemsOf(graph) };
}

interface DumpRun extends DumpInput {
  readonly folder: string;
  readonly follower: Follower;
  readonly isStandby: boolean;
  /** Whether a provider keeps its objects in this database. */
  readonly hasStore: boolean;
}

async function runDump(path: string, snapshot: string, run: DumpRun): Promise<void> {
  const { target, context, follower } = run;
  // Names of tables may hold line breaks: with a name that nobody can guess none forges a message.
  const argv0 = `pg_dump-${randomBytes(12).toString("hex")}`;
  const finished = new RegExp(`^${argv0}: finished item (?<dumpId>\\d+) TABLE DATA `);
  const program = await startProgram({
    path,
    args: dumpArguments(snapshot, run),
    argv0,
    env: programEnv(target, { ...context, passfile: run.passfile }),
    signal: context.signal,
    onLine: (line) => {
      const dumpId = finished.exec(line)?.groups?.["dumpId"];
      if (dumpId !== undefined) follower.finish(`${dumpId}.dat`);
      if (line.startsWith(`${argv0}: warning: `)) context.warn(line.replace(argv0, "pg_dump"));
    },
  });
  await follower.follow(program.ended, () => void program.end());
  context.signal.throwIfAborted();
  const end = await program.ended;
  const said = messagesOf(end.said.replaceAll(argv0, "pg_dump"));
  const failure = failureOf({ ...end, said }, path, {
    hint: hintFor(said),
    secrets: [target.password],
  });
  if (failure !== undefined) throw failure;
}

function dumpArguments(
  snapshot: string,
  { settings, folder, excludeTables, isStandby, hasStore }: DumpRun,
): string[] {
  return [
    "--format=directory",
    "--compress=0",
    `--jobs=${settings.jobs}`,
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${settings.lock_timeout.replaceAll(" ", "")}`,
    "--no-sync",
    "--no-password",
    "--verbose",
    ...(isStandby ? ["--no-unlogged-table-data"] : []),
    // With backups in it each one would hold those before; with a marker what is restored would be a place.
    ...(hasStore ? ["--exclude-schema=lastgood_store"] : []),
    ...excludeTables.map((pattern) => `--exclude-table=${pattern}`),
    `--file=${folder}`,
  ];
}

/** What went wrong, without the many lines that tell of progress. */
function messagesOf(said: string): string {
  const lines = said.split("\n");
  const first = lines.findIndex((line) =>
    /^pg_\w+: (?:error|fatal|warning|detail|hint):/.test(line),
  );
  return lines
    .slice(Math.max(first, 0))
    .filter(
      (line) =>
        !/^pg_dump: (?:reading|saving|dumping|finished|identifying|finding|flagging)/.test(line),
    )
    .join("\n");
}

function hintFor(said: string): string {
  if (/permission denied/.test(said)) {
    return "The login must be able to read everything: grant pg_read_all_data to it, or leave tables out.";
  }
  if (/(?:lock|statement) timeout|could not obtain lock/.test(said)) {
    return "Something holds a lock on a table, such as ALTER TABLE. Try again, or raise lock_timeout.";
  }
  if (/row-level security/.test(said)) return "Give the login BYPASSRLS, or leave that table out.";
  return "Its messages say why; nothing of this backup counts.";
}

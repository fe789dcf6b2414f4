import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import {
  comparePaths,
  type Content,
  type Entry,
  type Item,
  type ManifestBody,
} from "../../manifest/entry.ts";
import { writePassfile } from "../../passfile.ts";
import type { BackUpOptions, RunContext } from "../source.ts";
import { connectTo, explained, resolveTarget, type Target } from "../../postgresql/connection.ts";
import { dumpDatabase, type DumpInput } from "./dump.ts";
import { dumpGlobals } from "./globals.ts";
import { folderOf } from "./names.ts";
import * as queries from "./queries.ts";
import type { PostgresqlSettings } from "./settings.ts";

/** Dumps the databases of a source one after the other, and the roles of its server. */
export async function backUp(options: BackUpOptions<PostgresqlSettings>): Promise<ManifestBody> {
  return await explained(options.context, async () => dumpAll(options));
}

async function dumpAll(options: BackUpOptions<PostgresqlSettings>): Promise<ManifestBody> {
  const { settings, sink, context } = options;
  const target = await resolveTarget(settings.url, context.env);
  return await withPassfile(target, context, async (passfile) => {
    const excludeTables = [...options.excludeTables, ...settings.exclude_tables];
    const input: DumpInput = { target, passfile, settings, excludeTables, sink, context };
    const contents = new Map<string, Content>();
    const items: Item[] = [];
    const versions: Record<string, string> = {};
    const databases = await chooseDatabases(target, settings, context);
    if (settings.globals) {
      contents.set("globals.sql", await sink.store(Buffer.from(await readGlobals(input))));
      items.push({ kind: "globals", name: "globals", details: {} });
    }
    for (const database of databases) {
      const dumped = await dumpDatabase(database, input);
      const folder = folderOf(database);
      for (const [name, content] of dumped.contents) contents.set(`${folder}/${name}`, content);
      items.push(...dumped.items);
      versions["server"] = dumped.graph.server.version;
      versions["pg_dump"] = dumped.graph.pgDump;
    }
    for (const entry of entriesOf(contents)) await sink.add(entry);
    return { items, missing: [], notCollected: [], versions };
  });
}

/** Has a file with the password for as long as the work takes; elsewhere it never stands. */
export async function withPassfile<T>(
  target: Target,
  { scratchFolder }: RunContext,
  work: (passfile: string) => Promise<T>,
): Promise<T> {
  if (target.password === "") return await work("/dev/null");
  const passfile = join(scratchFolder, `passfile-${randomBytes(6).toString("hex")}`);
  try {
    await writePassfile(passfile, target.user, target.password);
    return await work(passfile);
  } finally {
    await rm(passfile, { force: true });
  }
}

/** The databases that the settings name. @throws UsageError for one that is not there */
export async function chooseDatabases(
  target: Target,
  { databases }: PostgresqlSettings,
  context: RunContext,
): Promise<readonly string[]> {
  if (databases === undefined || databases.length === 0) return [target.database];
  const client = await connectTo(target, context);
  try {
    const { rows } = await client.query<{ name: string }>(queries.listDatabases);
    const present = rows.map(({ name }) => name);
    if (databases.includes("*")) return present;
    const absent = databases.filter((name) => !present.includes(name));
    if (absent.length === 0) return [...new Set(databases)];
    throw new UsageError(`there is no database ${absent.join(", ")}`, {
      hint: `The server has ${present.join(", ")}.`,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readGlobals(input: DumpInput): Promise<string> {
  const client = await connectTo(input.target, input.context);
  try {
    return await dumpGlobals(client, input);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function entriesOf(contents: ReadonlyMap<string, Content>): readonly Entry[] {
  const folders = new Set([...contents.keys()].flatMap((path) => path.split("/").slice(0, -1)));
  const common = {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtime: BigInt(Date.now()) * 1_000_000n,
  };
  return [
    ...[...folders].map((path): Entry => ({ ...common, path, type: "directory", mode: 0o700 })),
    ...[...contents].map(([path, content]): Entry => ({
      ...common,
      path,
      type: "file",
      mode: 0o600,
      content,
    })),
  ].toSorted((a, b) => comparePaths(a.path, b.path));
}

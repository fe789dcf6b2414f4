import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { findClientProgram } from "../src/server/client-programs.ts";
import { startThrowaway, type ThrowawayServer } from "../src/server/throwaway.ts";
import {
  atLeast,
  atMost,
  type Bench,
  type Benchmark,
  median,
  type Measurement,
  type Size,
} from "./harness.ts";
import { databaseEnv, runLoud, runPipe } from "./processes.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

const tables = ["customers", "orders", "parts", "visits"];

/** As a server comes, which logs what it loads; the one of the other benchmarks spares itself that. */
const settings = { fsync: "on", full_page_writes: "on", synchronous_commit: "on" };

/** A database of several tables: backed up and restored, against PostgreSQL's own programs. */
export const dump: Benchmark = {
  name: "dump",
  async run(bench: Bench): Promise<Measurement[]> {
    await using place = await makeWorkplace(bench);
    const server = await startThrowaway({
      env: process.env,
      settings: { ...settings, shared_buffers: "1GB", max_wal_size: "8GB" },
    });
    const admin = new Client({ connectionString: server.url });
    try {
      await admin.connect();
      const rounds = await measure(place, { server, admin }, bench.size);
      for (const [name, values] of Object.entries(rounds)) {
        bench.log(`${name}: ${median(values).toLocaleString("en")}`);
      }
      return compare(rounds);
    } finally {
      await admin.end();
      await server.stop();
    }
  },
};

/** Milliseconds, and bytes; one of each a round. */
type Rounds = Record<
  "backup" | "pgDump" | "dumpallGzip" | "restore" | "pgRestore" | "stored" | "pgDumpStored",
  number[]
>;

interface Origin {
  readonly server: ThrowawayServer;
  readonly admin: Client;
}

async function measure(place: Workplace, origin: Origin, size: Size): Promise<Rounds> {
  const { server, admin } = origin;
  const url = urlOf(server, "bench_shop");
  await fill(admin, new URL(url), size.rows);
  await place.lastgood(
    ["source", "add", "shop", "--type", "postgresql", "--system", "bench.example"],
    ["--scope", "db", "--set", "url=secret:shop"],
  );
  place.env["LASTGOOD_SECRET_SHOP"] = url;
  const env = databaseEnv(origin, url);
  const tools = await programs();
  const folder = join(place.folder, "directory");
  const gzipped = join(place.folder, "all.gz");
  const rounds: Rounds = {
    backup: [],
    pgDump: [],
    dumpallGzip: [],
    restore: [],
    pgRestore: [],
    stored: [],
    pgDumpStored: [],
  };
  for (let round = 0; round < Math.min(3, size.rounds); round += 1) {
    // A place of its own for each round: nothing is there already.
    const { name } = await place.addProvider("pack");
    await rm(folder, { recursive: true, force: true });
    let backup = "";
    const create = ["backup", "create", "shop", "--provider", name];
    const dumpArgs = ["-Fd", "-j2", "-f", folder];
    rounds.backup.push(
      await timed(async () => {
        backup = (await place.lastgood(create)).trim();
      }),
    );
    rounds.pgDump.push(await timed(() => runLoud(tools.pg_dump, dumpArgs, env)));
    rounds.dumpallGzip.push(await timed(() => runPipe([tools.pg_dumpall], ["gzip"], gzipped, env)));
    rounds.stored.push(await storedBytes(place, backup));
    rounds.pgDumpStored.push(bytesIn(folder));
    const from = { backup, folder, pgRestore: tools.pg_restore };
    const [ours, theirs] = await restoreBoth(place, origin, from);
    rounds.restore.push(ours);
    rounds.pgRestore.push(theirs);
  }
  return rounds;
}

function compare(rounds: Rounds): Measurement[] {
  const ratio = (a: keyof Rounds, b: keyof Rounds): number => median(rounds[a]) / median(rounds[b]);
  return [
    atLeast(2, "backup of a database, speed", "pg_dump -Fd -j2", ratio("pgDump", "backup")),
    atLeast(4, "the same", "pg_dumpall | gzip", ratio("dumpallGzip", "backup")),
    atMost(1, "its size", "pg_dump -Fd -j2", ratio("stored", "pgDumpStored")),
    atMost(0.95, "restore of a database", "pg_restore -j2", ratio("restore", "pgRestore")),
  ];
}

/** Both into a database that is there and empty; milliseconds. */
async function restoreBoth(
  place: Workplace,
  origin: Origin,
  from: { readonly backup: string; readonly folder: string; readonly pgRestore: string },
): Promise<readonly [number, number]> {
  const { server, admin } = origin;
  const url = urlOf(server, "bench_restored");
  place.env["LASTGOOD_SECRET_TARGET"] = url;
  const works = [
    () => place.lastgood("restore", "create", from.backup, "--to", "secret:target"),
    () =>
      runLoud(
        from.pgRestore,
        ["-j2", "-d", "bench_restored", from.folder],
        databaseEnv(origin, url),
      ),
  ];
  const times: number[] = [];
  for (const work of works) {
    await admin.query("create database bench_restored");
    // Else the server still writes what the one before has made.
    await admin.query("checkpoint");
    times.push(await timed(work));
    await admin.query("drop database bench_restored");
  }
  return [times[0] ?? Number.NaN, times[1] ?? Number.NaN];
}

function urlOf(server: ThrowawayServer, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

/** About 130 bytes a row in text, as much in each table. */
async function fill(admin: Client, url: URL, rows: number): Promise<void> {
  await admin.query(`create database ${url.pathname.slice(1)}`);
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const table of tables) {
      await client.query(
        `create table ${table} (
           id bigint, customer integer, note text, state text, code text, at timestamptz,
           amount numeric)`,
      );
      await client.query(
        `insert into ${table}
         select i, i % 1000, 'customer ' || i % 1000 || ' wrote about ${table} number ' || i,
           (array['new', 'paid', 'sent', 'returned'])[1 + i % 4],
           substr(md5('${table}' || i), 1, 20),
           '2026-01-01'::timestamptz + i * interval '1 second', i % 10000 / 100.0
         from generate_series(1, $1::bigint) as i`,
        [Math.ceil(rows / tables.length)],
      );
      await client.query(`alter table ${table} add primary key (id)`);
    }
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

async function programs(): Promise<Record<"pg_dump" | "pg_dumpall" | "pg_restore", string>> {
  const found = { pg_dump: "", pg_dumpall: "", pg_restore: "" };
  for (const name of ["pg_dump", "pg_dumpall", "pg_restore"] as const) {
    const program = await findClientProgram(name, { env: process.env });
    if (program === undefined) throw new Error(`there is no ${name} to measure with`);
    found[name] = program.path;
  }
  return found;
}

async function storedBytes(place: Workplace, backup: string): Promise<number> {
  const shown = JSON.parse(await place.lastgood("backup", "show", backup, "--json")) as {
    copies: { stored_bytes: number }[];
  };
  return shown.copies[0]?.stored_bytes ?? Number.NaN;
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

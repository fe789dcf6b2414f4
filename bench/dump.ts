import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { findClientProgram } from "../src/server/client-programs.ts";
import {
  atLeast,
  atMost,
  type Bench,
  type Benchmark,
  median,
  type Measurement,
} from "./harness.ts";
import { databaseEnv, runLoud, runPipe } from "./processes.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

const tables = ["customers", "orders", "parts", "visits"];

/** A database of several tables: backed up and restored, against PostgreSQL's own programs. */
export const dump: Benchmark = {
  name: "dump",
  async run(bench: Bench): Promise<Measurement[]> {
    await using place = await makeWorkplace(bench);
    const url = await fill(bench);
    const env = databaseEnv(bench, url);
    const tools = await programs();
    const { path } = await place.addProvider("pack");
    await place.lastgood(
      ["source", "add", "shop", "--type", "postgresql", "--system", "bench.example"],
      ["--scope", "db", "--set", "url=secret:shop"],
    );
    place.env["LASTGOOD_SECRET_SHOP"] = url;
    const times = { lastgood: [], directory: [], gzip: [], restore: [], pgRestore: [] } as Times;
    const folder = join(place.folder, "directory");
    let backup = "";
    for (let round = 0; round < Math.min(3, bench.size.rounds); round += 1) {
      await rm(folder, { recursive: true, force: true });
      times.lastgood.push(
        await timed(async () => {
          backup = (await place.lastgood("backup", "create", "shop")).trim();
        }),
      );
      times.directory.push(
        await timed(() => runLoud(tools.pg_dump, ["-Fd", "-j2", "-f", folder], env)),
      );
      times.gzip.push(
        await timed(() => runPipe([tools.pg_dumpall], ["gzip"], join(place.folder, "all.gz"), env)),
      );
      await restoreBoth(bench, place, { backup, folder, pgRestore: tools.pg_restore }, times);
    }
    const ms = (name: keyof Times): number => median(times[name]);
    for (const name of Object.keys(times) as (keyof Times)[]) {
      bench.log(`${name}: ${(ms(name) / 1000).toFixed(2)} s`);
    }
    const stored = await storedBytes(place, backup);
    bench.log(`stored: ${stored} bytes; pg_dump -Fd: ${bytesIn(folder)} bytes; kept at ${path}`);
    return [
      atLeast(
        2,
        "backup of a database, speed",
        "pg_dump -Fd -j2",
        ms("directory") / ms("lastgood"),
      ),
      atLeast(4, "the same", "pg_dumpall | gzip", ms("gzip") / ms("lastgood")),
      atMost(1, "its size", "pg_dump -Fd", stored / bytesIn(folder)),
      atMost(0.95, "restore of a database", "pg_restore -j2", ms("restore") / ms("pgRestore")),
    ];
  },
};

type Times = Record<"lastgood" | "directory" | "gzip" | "restore" | "pgRestore", number[]>;

async function restoreBoth(
  bench: Bench,
  place: Workplace,
  from: { backup: string; folder: string; pgRestore: string },
  times: Times,
): Promise<void> {
  const admin = await bench.connect(bench.server.url);
  const target = new URL(bench.server.url);
  target.pathname = "/bench_restored";
  place.env["LASTGOOD_SECRET_TARGET"] = target.href;
  await admin.query("create database bench_restored");
  times.restore.push(
    await timed(() => place.lastgood("restore", "create", from.backup, "--to", "secret:target")),
  );
  await admin.query("drop database bench_restored");
  await admin.query("create database bench_restored");
  times.pgRestore.push(
    await timed(() =>
      runLoud(
        from.pgRestore,
        ["-j2", "-d", "bench_restored", from.folder],
        databaseEnv(bench, target.href),
      ),
    ),
  );
  await admin.query("drop database bench_restored");
  await admin.end();
}

/** About 110 bytes a row, as much in each table; it compresses to a fifth. */
async function fill(bench: Bench): Promise<string> {
  const url = await bench.createDatabase();
  const client = await bench.connect(url);
  await client.query("drop schema lastgood cascade; drop schema lastgood_report cascade");
  for (const table of tables) {
    await client.query(
      `create table ${table} (
         id bigint, customer integer, note text, state text, at timestamptz, amount numeric)`,
    );
    await client.query(
      `insert into ${table}
       select i, i % 1000, 'row number ' || i || ' of ${table}', md5('${table}' || i % 1000),
         '2026-01-01'::timestamptz + i * interval '1 second', i % 10000 / 100.0
       from generate_series(1, $1::bigint) as i`,
      [Math.ceil(bench.size.rows / tables.length)],
    );
    await client.query(`alter table ${table} add primary key (id)`);
  }
  await client.query("checkpoint");
  return url;
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

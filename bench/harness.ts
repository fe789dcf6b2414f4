import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { install } from "../src/install.ts";
import { startThrowaway, type ThrowawayServer } from "../src/server/throwaway.ts";

/** One line of the table and of results.json. */
export interface Measurement {
  readonly name: string;
  readonly yardstick: string;
  readonly ratio: number;
  readonly bar: number;
  readonly better: "higher" | "lower";
  readonly holds: boolean;
}

/** How much is measured; the smoke test takes less than a person would. */
export interface Size {
  readonly rows: number;
  readonly systems: number;
  /** Of each measurement; a median is taken over them. */
  readonly rounds: number;
  /** Events of each client in a round. */
  readonly events: number;
}

export interface Bench {
  readonly server: ThrowawayServer;
  readonly size: Size;
  /** A new database with lastgood in it; its URL. */
  createDatabase(): Promise<string>;
  /** A connection whose values stay text: what is measured is the database. */
  connect(url: string): Promise<Client>;
  log(text: string): void;
}

export interface Benchmark {
  readonly name: string;
  run(bench: Bench): Promise<Measurement[]>;
}

/** Commits wait for the disk as they would anywhere else; memory as on a small server. */
const settings = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "2GB",
  max_wal_size: "8GB",
  // Filling a table in the transaction that emptied it then needs no log.
  wal_level: "minimal",
  max_wal_senders: "0",
};

/** A throw-away server for the time that `work` takes. */
export async function withBench<T>(
  size: Size,
  log: (text: string) => void,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const server = await startThrowaway({ env: process.env, settings });
  const clients: Client[] = [];
  const connect = async (url: string): Promise<Client> => {
    const client = new Client({
      connectionString: url,
      types: { getTypeParser: () => (text: string) => text },
    });
    clients.push(client);
    await client.connect();
    return client;
  };
  const createDatabase = async (): Promise<string> => {
    const url = new URL(server.url);
    url.pathname = `/bench_${randomBytes(4).toString("hex")}`;
    const admin = await connect(server.url);
    await admin.query(`create database ${url.pathname.slice(1)}`);
    const installer = new Client({ connectionString: url.href });
    clients.push(installer);
    await installer.connect();
    await install(installer);
    return url.href;
  };
  try {
    return await work({ server, size, createDatabase, connect, log });
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
    await server.stop();
  }
}

/** Milliseconds that each of them takes: the median of some rounds, taken in turns, A B A B. */
export async function inTurns(
  rounds: number,
  works: readonly (() => Promise<unknown>)[],
): Promise<number[]> {
  const times = works.map((): number[] => []);
  // The first round, which fills caches, does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, work] of works.entries()) {
      const start = performance.now();
      await work();
      if (round > 0) times[index]?.push(performance.now() - start);
    }
  }
  return times.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1
    ? upper
    : (upper + (sorted[(sorted.length >> 1) - 1] ?? Number.NaN)) / 2;
}

export function atLeast(bar: number, name: string, yardstick: string, ratio: number): Measurement {
  return { name, yardstick, ratio, bar, better: "higher", holds: ratio >= bar };
}

export function atMost(bar: number, name: string, yardstick: string, ratio: number): Measurement {
  return { name, yardstick, ratio, bar, better: "lower", holds: ratio <= bar };
}

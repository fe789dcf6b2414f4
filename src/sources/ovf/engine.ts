import type { Client } from "pg";
import { UsageError } from "../../errors.ts";
import { idIn, maxDocumentSize } from "../../ovf-store/read.ts";
import { connectTo, explained, resolveTarget } from "../../postgresql/connection.ts";
import type { RunContext } from "../source.ts";
import { BadDocument } from "./bad-document.ts";
import * as queries from "./engine-queries.ts";
import type { Found, SourceFacts, Visit } from "./found.ts";
import type { Parent } from "./parent.ts";

export interface EngineOptions {
  readonly url: string;
  readonly context: RunContext;
  readonly parent?: Parent | undefined;
}

/** A row of `vm_ovf_generations`. */
interface Row {
  /** As the table has it. */
  readonly key: string;
  readonly poolId: string | null;
  readonly generation: string | null;
  readonly size: number | null;
}

interface Listed extends Found {
  readonly key: string;
  readonly size: number | undefined;
}

/** Of documents that are fetched together. */
const most = { bytes: 8 * 1024 * 1024, count: 200 };

/** Reads the documents of an engine's database, all as they are at one moment. */
export async function readEngine(options: EngineOptions, visit: Visit): Promise<SourceFacts> {
  const { url, context } = options;
  return await inSnapshot(url, context, async (client) => {
    const mtime = BigInt(Date.now()) * 1_000_000n;
    const wanted: Listed[] = [];
    for (const listed of await list(client)) {
      const { id, size, generation } = listed;
      const unchanged = id === undefined ? undefined : options.parent?.find(id, generation);
      if (unchanged !== undefined) {
        await visit({ ...listed, unchanged });
      } else if (size === undefined) {
        await visit({ ...listed, reason: "the engine has not written its document yet" });
      } else if (size > maxDocumentSize) {
        await visit({ ...listed, reason: BadDocument.tooLarge(size).message });
      } else wanted.push(listed);
    }
    for (const batch of batchesOf(wanted)) {
      const bytes = await fetch(client, batch);
      for (const listed of batch) {
        await visit({ ...listed, mtime, bytes: bytes.get(listed.key) ?? Buffer.alloc(0) });
      }
    }
    return { statuses: await readStatuses(client), versions: await readVersions(client) };
  });
}

/** Bytes of all documents of an engine's database. */
export async function sizeInEngine(url: string, context: RunContext): Promise<number> {
  return await inSnapshot(url, context, async (client) => {
    const rows = await client.query<Row>(queries.listDocuments);
    return rows.rows.reduce((sum, { size }) => sum + (size ?? 0), 0);
  });
}

async function inSnapshot<T>(
  url: string,
  context: RunContext,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const target = await resolveTarget(url, context.env);
  const client = await connectTo(target, context);
  try {
    return await explained(context, async () => {
      await client.query("begin isolation level repeatable read read only");
      if (await hasTable(client, "vm_ovf_generations")) return await work(client);
      throw new UsageError(`database "${target.database}" has no documents that can be read`, {
        hint: "Name an engine's database, with a role that may select from vm_ovf_generations.",
      });
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function hasTable(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean | null }>(queries.hasTable, [table]);
  return rows[0]?.has === true;
}

async function list(client: Client): Promise<readonly Listed[]> {
  const pools = await readPools(client);
  const { rows } = await client.query<Row>(queries.listDocuments);
  return rows.map(({ key, poolId, generation, size }) => ({
    key,
    id: idIn(key),
    name: key,
    group: poolId === null ? undefined : (pools.get(poolId) ?? poolId),
    groupId: poolId ?? undefined,
    generation: generation === null ? undefined : Number(generation),
    size: size ?? undefined,
  }));
}

async function readPools(client: Client): Promise<ReadonlyMap<string, string>> {
  if (!(await hasTable(client, "storage_pool"))) return new Map();
  const { rows } = await client.query<{ id: string; name: string }>(queries.listPools);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function readStatuses(client: Client): Promise<ReadonlyMap<string, number>> {
  if (!(await hasTable(client, "vm_dynamic"))) return new Map();
  const { rows } = await client.query<{ id: string; status: number }>(queries.listStatuses);
  return new Map(rows.map(({ id, status }) => [id, status]));
}

async function readVersions(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ version: string }>(queries.serverVersion);
  return Object.fromEntries(rows.map(({ version }) => ["server", version]));
}

function* batchesOf(wanted: readonly Listed[]): Generator<readonly Listed[]> {
  let batch: Listed[] = [];
  let bytes = 0;
  for (const listed of wanted) {
    const size = listed.size ?? 0;
    if (batch.length >= most.count || (batch.length > 0 && bytes + size > most.bytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(listed);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function fetch(
  client: Client,
  batch: readonly Listed[],
): Promise<ReadonlyMap<string, Buffer>> {
  const keys = batch.map(({ key }) => key);
  const { rows } = await client.query<{ key: string; data: string }>(queries.fetchDocuments, [
    keys,
  ]);
  return new Map(rows.map(({ key, data }) => [key, Buffer.from(data)]));
}

import { statfs } from "node:fs/promises";
import type { Client } from "pg";
import { isDatabaseError, ProgramError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";
import { parsePattern } from "./patterns.ts";
import * as queries from "./queries.ts";

/**
 * Bytes that dumping the connection's database may take, excluded tables aside. To ask a table for its
 * size waits for whoever locks it: then the size of the whole database must do.
 */
export async function dataSize(client: Client, excluded: readonly string[]): Promise<number> {
  const patterns = excluded.map(parsePattern);
  try {
    await client.query(queries.waitShortly);
    const { rows } = await client.query<{ bytes: string }>(queries.dataSize, [
      patterns.map(({ schema }) => schema),
      patterns.map(({ name }) => name),
    ]);
    return Number(rows[0]?.bytes ?? 0);
  } catch (error) {
    if (!isDatabaseError(error) || !isPassable(error.code)) throw error;
    return await databaseSize(client);
  }
}

/** Lock not available, undefined table: dropped meanwhile; invalid regular expression. */
function isPassable(code: string): boolean {
  return ["55P03", "42P01", "2201B"].includes(code);
}

async function databaseSize(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(queries.databaseSize);
  return Number(rows[0]?.bytes ?? 0);
}

/** @throws ProgramError where a dump may not fit into a folder */
export async function checkSpace(
  client: Client,
  folder: string,
  excluded: readonly string[],
): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  // The whole is known at once, its tables are asked for only where it matters.
  if ((await databaseSize(client)) <= free) return;
  const needed = await dataSize(client, excluded);
  if (needed <= free) return;
  const [wanted, left] = [needed, free].map(formatBytes);
  throw new ProgramError(
    `there is too little room to dump: ${wanted} may be needed in ${folder}, ${left} are free`,
    {
      hint: "Name a folder with more room: --set staging=/folder, or leave tables out: exclude_tables.",
    },
  );
}

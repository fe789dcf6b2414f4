import { messageOf, ProgramError } from "../../errors.ts";
import type { CopyReader, Finding } from "../../layouts/layout.ts";
import { CorruptError } from "../../layouts/errors.ts";
import { childEnv } from "../../server/run.ts";
import type { RunContext } from "../source.ts";
import { readGraphOf, readPicks, readText } from "./backup-content.ts";
import { select } from "./closure.ts";
import { globalsTrailer } from "./globals.ts";
import { decodeDump } from "./run-restore.ts";
import { programFor } from "./server.ts";

/** Has pg_restore read every byte of every database; roles must be there to their last line. */
export async function decode(reader: CopyReader, context: RunContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const { databases } = await readPicks(reader, { items: [] });
  for (const database of databases.keys()) {
    findings.push(...(await decodeDatabase(reader, database, context)));
  }
  const globals = await readText(reader, "globals.sql");
  if (globals !== undefined && !globals.includes(globalsTrailer)) {
    findings.push({ result: "corrupt", what: "globals.sql", reason: "its last line is missing" });
  }
  return findings;
}

async function decodeDatabase(
  reader: CopyReader,
  database: string,
  context: RunContext,
): Promise<readonly Finding[]> {
  const what = `database ${database}`;
  const graph = await readGraphOf(reader, database);
  let program: string;
  try {
    program = (await programFor("pg_restore", Number.parseInt(graph.pgDump, 10), context.env)).path;
  } catch (error) {
    return [{ result: "could_not_check", what, reason: messageOf(error) }];
  }
  const selection = select(graph, { schemas: [], tables: [] });
  try {
    const run = { reader, context, graph, selection, program };
    await decodeDump(run, childEnv(context.env));
    return [];
  } catch (error) {
    if (!(error instanceof ProgramError) && !(error instanceof CorruptError)) throw error;
    return [{ result: "corrupt", what, reason: error.message }];
  }
}

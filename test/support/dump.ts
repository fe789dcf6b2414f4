import { runProgram } from "./programs.ts";

/** Runs pg_dump and returns what it says: SQL without what differs from one run to the next. */
export async function dump(
  pgDump: string,
  url: string,
  options: readonly string[],
): Promise<string> {
  const { status, stdout, stderr } = await runProgram(pgDump, [...options, "-d", url]);
  if (status !== 0) throw new Error(`pg_dump: ${stderr}`);
  return stdout
    .replaceAll(/^-- Dumped (?:from|by) .*\n/gm, "")
    .replaceAll(/^\\(?:un)?restrict .*\n/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim()
    .concat("\n");
}

/** The options for sql/schema.snapshot.sql: definitions with their grants, owned by whoever. */
export const snapshotOptions: readonly string[] = ["--schema-only", "--no-owner"];

/** The options for test/fixtures/schema-*.sql: plain statements that any client can send. */
export const fixtureOptions: readonly string[] = ["--inserts", "--no-owner"];

import { dirname, join } from "node:path";
import type { ClientProgram } from "../../server/client-programs.ts";
import { childEnv } from "../../server/run.ts";
import { readProgram } from "../program/program.ts";
import type { RunContext } from "../source.ts";
import { parseToc, type TocEntry } from "./toc.ts";

/** The table of contents of a dump in directory format; only its toc.dat is needed. */
export async function listToc(
  folder: string,
  program: Pick<ClientProgram, "path">,
  { env, signal }: RunContext,
): Promise<readonly TocEntry[]> {
  const path = join(dirname(program.path), "pg_restore");
  const hint = "pg_restore belongs beside pg_dump, in the same version.";
  const args = ["--list", "--verbose", folder];
  return parseToc(await readProgram({ path, args, env: childEnv(env), signal }, { hint }));
}

import type { Client } from "pg";
import { ProgramError } from "../../errors.ts";
import { readProgram } from "../program/program.ts";
import type { RunContext } from "../source.ts";
import { programEnv, type Target } from "../../postgresql/connection.ts";
import { majorOf, programFor, readServer } from "./server.ts";

/** With what a whole dump of roles and tablespaces ends. */
export const globalsTrailer = "PostgreSQL database cluster dump complete";

/** Reads roles and tablespaces, as SQL; without passwords where the login may not see them. */
export async function dumpGlobals(
  client: Client,
  { target, passfile, context }: { target: Target; passfile: string; context: RunContext },
): Promise<string> {
  const facts = await readServer(client);
  const { path } = await programFor("pg_dumpall", majorOf(facts), context.env);
  if (!facts.isSuperuser) {
    context.warn("Roles are kept without their passwords: only a superuser may read those.");
  }
  const text = await readProgram(
    {
      path,
      args: [
        "--globals-only",
        "--no-password",
        `--database=${target.database}`,
        ...(facts.isSuperuser ? [] : ["--no-role-passwords"]),
      ],
      env: programEnv(target, { ...context, passfile }),
      signal: context.signal,
    },
    {
      hint: "Roles could not be read; without them: --set globals=false.",
      secrets: [target.password],
    },
  );
  if (text.includes(globalsTrailer)) return text;
  throw new ProgramError("pg_dumpall gave less than a whole list of roles", {
    hint: "It ended well and its last line is missing; is the disk full?",
  });
}

import type { Client } from "pg";
import { ProgramError } from "../../errors.ts";
import {
  clientProgramsHint,
  findClientProgram,
  type ClientProgram,
  type ClientProgramName,
} from "../../server/client-programs.ts";
import type { Env } from "../../server/run.ts";
import type { ServerRecord } from "./graph.ts";
import * as queries from "./queries.ts";

/** What a server is, and what our login may do there. */
export interface ServerFacts {
  readonly version: string;
  readonly versionNum: number;
  readonly isStandby: boolean;
  readonly isSuperuser: boolean;
  readonly mayCreateRoles: boolean;
  readonly mayCreateDatabases: boolean;
  readonly mayReadControl: boolean;
}

export async function readServer(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(queries.serverFacts);
  const [facts] = rows;
  if (facts === undefined) throw new TypeError("a server without facts");
  return facts;
}

export function majorOf(server: { readonly versionNum: number }): number {
  return Math.floor(server.versionNum / 10_000);
}

/** The server as a backup records it, with where its log was. */
export async function recordServer(client: Client, facts: ServerFacts): Promise<ServerRecord> {
  const { rows: wal } = await client.query<{ lsn: string | null }>(queries.walPosition);
  const control = facts.mayReadControl
    ? (await client.query<{ systemIdentifier: string; timeline: number }>(queries.controlFacts))
        .rows
    : [];
  return {
    version: facts.version,
    versionNum: facts.versionNum,
    isStandby: facts.isStandby,
    lsn: wal[0]?.lsn ?? undefined,
    ...control[0],
  };
}

/**
 * A program of PostgreSQL that is at least as new as the server.
 *
 * @throws ProgramError with what to install
 */
export async function programFor(
  name: ClientProgramName,
  major: number,
  env: Env,
): Promise<ClientProgram> {
  const program = await findClientProgram(name, { env, major });
  if (program === undefined) {
    throw new ProgramError(`there is no ${name}`, { hint: clientProgramsHint });
  }
  if (program.major < major) {
    throw new ProgramError(
      `${name} ${program.version} is older than the server, PostgreSQL ${major}`,
      { hint: `Install version ${major} or newer of it. ${clientProgramsHint}` },
    );
  }
  return program;
}

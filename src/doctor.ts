import type { Client } from "pg";
import type { Io } from "./io.ts";
import { clientProgramsHint, findClientProgram } from "./server/client-programs.ts";
import { codeLayerVersion, readCodeFiles, readMigrations } from "./sql-files.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly outcome: "ok" | "warning" | "failed";
  readonly detail: string;
  /** What to do about it; null when nothing is wrong. */
  readonly hint: string | null;
}

/** Looks for what may keep lastgood from telling the truth, here and in the database. */
export async function diagnose(client: Client, io: Io): Promise<Finding[]> {
  const schema = await diagnoseSchema(client);
  if (schema.outcome === "failed") {
    return [schema];
  }
  const { rows } = await client.query<Finding>(
    `select d.subject, d.outcome, d.detail, case when d.outcome <> 'ok' then d.hint end as hint
     from lastgood.diagnose() as d`,
  );
  return [schema, ...rows, await diagnosePsql(client, io)];
}

async function diagnoseSchema(client: Client): Promise<Finding> {
  const subject = "schema";
  const { rows } = await client.query<{ is_installed: boolean }>(
    "select to_regclass('lastgood.code_layer') is not null as is_installed",
  );
  if (!rows[0]?.is_installed) {
    return {
      subject,
      outcome: "failed",
      detail: "is not installed",
      hint: "Run: lastgood install",
    };
  }
  const wanted = codeLayerVersion(await readMigrations(), readCodeFiles());
  const current = await client.query<{ version: string }>(
    "select version from lastgood.code_layer",
  );
  return current.rows[0]?.version === wanted
    ? { subject, outcome: "ok", detail: "is the one of this version", hint: null }
    : {
        subject,
        outcome: "warning",
        detail: "is not the one of this version",
        hint: "Run: lastgood install",
      };
}

async function diagnosePsql(client: Client, io: Io): Promise<Finding> {
  const { rows } = await client.query<{ major: number }>(
    "select current_setting('server_version_num')::integer / 10000 as major",
  );
  const psql = await findClientProgram("psql", { env: io.env, major: rows[0]?.major ?? 0 });
  return psql
    ? {
        subject: "psql",
        outcome: "ok",
        detail: `${psql.path}, version ${psql.version}`,
        hint: null,
      }
    : { subject: "psql", outcome: "warning", detail: "is not here", hint: clientProgramsHint };
}

import type { SourceType } from "../source.ts";
import { backUp } from "./back-up.ts";
import { check, estimate } from "./check.ts";
import { decode } from "./decode.ts";
import { endRun } from "./end-run.ts";
import { protects } from "./protects.ts";
import { rehearse } from "./rehearse.ts";
import { restore } from "./restore.ts";
import { postgresqlSettings, type PostgresqlSettings } from "./settings.ts";

/** Databases of a PostgreSQL server, by pg_dump and pg_restore. */
export const postgresqlSource: SourceType<PostgresqlSettings> = {
  type: "postgresql",
  summary:
    "databases of a PostgreSQL server, with roles; single tables and schemas can be restored",
  settings: postgresqlSettings,
  canIncrement: false,
  // Rows of text: level 3 takes twice the time of level 1, and has shown no smaller result.
  compressionLevel: 1,
  check,
  estimate,
  endRun,
  protects,
  backUp,
  restore,
  decode,
  rehearse,
};

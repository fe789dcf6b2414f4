import type { SystemVerdict } from "../verdict.ts";
import { renderStatus } from "./status.ts";

/** What `lastgood up` shows once all of it runs. */
export interface UpScene {
  readonly verdicts: readonly SystemVerdict[];
  /** For libpq's tools, without a password; undefined where the user named the database. */
  readonly url: string | undefined;
  /** How psql is called and what is given to it, quoted for a shell; undefined where there is none. */
  readonly psql: string | undefined;
  readonly psqlHint: string;
  /** How `lastgood` is called here. */
  readonly program: string;
  readonly host: string;
}

export function renderUp(scene: UpScene): string {
  const { verdicts, url, program } = scene;
  return [
    "",
    renderStatus(verdicts),
    "",
    ...(url === undefined ? [] : [`Database: ${url}`, ""]),
    ...reportLines(scene),
    "",
    "What to run next, in another terminal:",
    `  ${program} status   the verdict of every system`,
    `  ${program} check    the same for Nagios; --output prometheus for Prometheus`,
    `  ${program} exec --scope db --scope files -- COMMAND   run a backup and report it`,
  ].join("\n");
}

function reportLines({ psql, psqlHint, program, host }: UpScene): string[] {
  if (psql === undefined) {
    return [
      `psql is not installed here. ${psqlHint}`,
      "Without it, report a backup of this host like this:",
      `  ${program} log-event --scope db --status completed --fqdn ${quoteForShell(host)}`,
    ];
  }
  const call = `SELECT lastgood_report.LogEngineBackupEvent('db', now(), 1, 'first backup', ${quoteForSql(host)}, '')`;
  return [
    "Report a backup of this host, then the same for 'files'; paste this into a shell:",
    `  ${psql} -c ${quoteForShell(call)}`,
  ];
}

function quoteForSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** In double quotes, so that those of SQL stay readable. */
export function quoteForShell(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
}

import type { Command } from "commander";
import { type AuditEvent, AuditLogDao } from "../dao/audit-log.ts";
import { withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { parseId, parseLimit } from "./arguments.ts";
import { type CommonOptions, resultCommand, printResult } from "./command.ts";
import { formatFqdn, formatTime, renderTable } from "../format.ts";

interface EventsOptions extends CommonOptions {
  readonly fqdn?: string;
  readonly scope?: string;
  readonly type?: string;
  readonly limit: number;
  readonly before?: number;
}

export function eventsCommand(io: Io): Command {
  return resultCommand("events", "List events, newest first.")
    .option("--fqdn <name>", "only of this system")
    .option("--scope <scope>", "only of this scope")
    .option("--type <name>", "only of this type, such as ENGINE_BACKUP_FAILED")
    .option("--limit <n>", "how many at most, 1 to 1000", parseLimit, 50)
    .option("--before <id>", "go on below this ID, the last one of the page before", parseId)
    .action(async (options: EventsOptions) => {
      const { type, ...filter } = options;
      const events = await withDatabase(io, options, async (client) =>
        new AuditLogDao(client).getEvents({ ...filter, ...(type ? { logTypeName: type } : {}) }),
      );
      printResult(io, options, events, renderEvents);
    });
}

function renderEvents(events: readonly AuditEvent[]): string {
  if (events.length === 0) {
    return "No events.";
  }
  const rows = events.map((event) => [
    String(event.audit_log_id),
    formatTime(event.log_time),
    event.log_type_name,
    event.fqdn === null ? "" : formatFqdn(event.fqdn),
    event.scope ?? "",
    event.message.split("\n")[0] ?? "",
  ]);
  return renderTable(["ID", "TIME", "TYPE", "SYSTEM", "SCOPE", "MESSAGE"], rows);
}

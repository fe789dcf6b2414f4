import type { Command } from "commander";
import { type ActiveAlert, ActiveAlertDao } from "../dao/active-alert.ts";
import { withDatabase } from "../database.ts";
import { type Io, print } from "../io.ts";
import { parseId } from "./arguments.ts";
import {
  type CommonOptions,
  databaseCommand,
  resultCommand,
  printResult,
  wantsJson,
} from "./command.ts";
import { formatTime, renderTable } from "../format.ts";

interface AlertsOptions extends CommonOptions {
  readonly all?: boolean;
}

export function alertsCommand(io: Io): Command {
  return resultCommand("alerts", "List live alerts, oldest first; dismissed ones only with --all.")
    .option("--all", "show dismissed alerts too")
    .addCommand(dismissCommand(io))
    .action(async (options: AlertsOptions) => {
      const alerts = await withDatabase(io, options, async (client) =>
        new ActiveAlertDao(client).getAlerts(),
      );
      const shown = alerts.filter((alert) => options.all || !alert.is_dismissed);
      printResult(io, options, shown, renderAlerts);
      const hidden = alerts.length - shown.length;
      if (hidden > 0 && !wantsJson(options)) {
        print(io, `${hidden} dismissed; show with --all.`);
      }
    });
}

function dismissCommand(io: Io): Command {
  return databaseCommand(
    "dismiss",
    "Hide an alert from this list until a time; checks still count it.",
  )
    .argument("<id>", "the ID of the alert", parseId)
    .requiredOption("--until <time>", "until when, such as 2030-01-31T08:00:00Z")
    .action(async (id: number, options: { until: string }, command: Command) => {
      await withDatabase(io, command.optsWithGlobals(), async (client) =>
        client.query(
          "select lastgood.dismiss_alert(p_audit_log_id => $1::bigint, p_until => $2::timestamptz)",
          [id, options.until],
        ),
      );
    });
}

function renderAlerts(alerts: readonly ActiveAlert[]): string {
  if (alerts.length === 0) {
    return "No live alerts.";
  }
  const rows = alerts.map((alert) => [
    String(alert.audit_log_id),
    formatTime(alert.raised_at),
    alert.log_type_name,
    alert.is_dismissed && alert.dismissed_until
      ? `${alert.message} (dismissed by ${alert.dismissed_by} until ${formatTime(alert.dismissed_until)})`
      : alert.message,
  ]);
  return renderTable(["ID", "RAISED", "ALERT", "MESSAGE"], rows);
}

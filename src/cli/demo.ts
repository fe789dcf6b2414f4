import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { Command } from "commander";
import { type ActiveAlert, ActiveAlertDao } from "../dao/active-alert.ts";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import { install } from "../install.ts";
import { type Io, print, remark } from "../io.ts";
import { startThrowaway, type ThrowawayServer } from "../server/throwaway.ts";
import { plainCommand } from "./command.ts";
import { demoHost, type Step, story, storySeconds } from "./demo-story.ts";
import { formatTime } from "../format.ts";
import { renderStatus } from "./status.ts";
import { withSignalsHeld } from "./until-aborted.ts";
import { readVerdicts, type SystemVerdict } from "../verdict.ts";

/** Time to read a step; all of them together stay well below 30 seconds. */
const readingMs = 3_000;

export function demoCommand(io: Io): Command {
  return plainCommand("demo", "Tell the whole story on a throw-away server, in half a minute.")
    .addHelpText("after", "\nIt fails where the database does not show what the story says.")
    .action(() => withSignalsHeld(io, () => demo(io)));
}

async function demo(io: Io): Promise<void> {
  remark(io, "Starting a PostgreSQL of its own for this demo; all of it is removed at the end.");
  let server: ThrowawayServer | undefined;
  try {
    server = await startThrowaway({ env: io.env });
    await withDatabase(io, { databaseUrl: server.url }, (client) => tell(io, client, story));
  } catch (error) {
    if (!io.signal.aborted) throw error;
    remark(io, "Stopped before the end.");
    io.setExitStatus(exit.failed);
  } finally {
    await server?.stop();
  }
}

/**
 * Plays the steps, one after the other, on an empty database.
 *
 * @throws Error where a step does not show what it must
 */
export async function tell(io: Io, client: Client, steps: readonly Step[]): Promise<void> {
  await install(client);
  const start = Math.floor(Date.now() / 1_000) - storySeconds;
  for (const [index, step] of steps.entries()) {
    if (index > 0 && io.isTerminal) await delay(readingMs, undefined, { signal: io.signal });
    await play(io, client, step, new Date((start + step.at) * 1_000), index + 1);
  }
  print(io, "\nThat is all. Every table above came from the views of a real database.");
}

async function play(io: Io, client: Client, step: Step, now: Date, number: number): Promise<void> {
  print(io, `\n${number}. ${step.title}\n   It is ${formatTime(now)}.\n`);
  await client.query("select set_config('lastgood.fake_now', $1, false)", [now.toISOString()]);
  for (const statement of step.statements) {
    const text = statement.replace(":now", formatTime(now));
    print(io, `   => ${text};`);
    await client.query(text);
  }
  const verdicts = await readVerdicts(client);
  const alerts = await new ActiveAlertDao(client).getAlerts();
  print(io, `\n${indent(renderStatus(verdicts))}\n${indent(renderAlerts(alerts))}`);
  expectStep(step, verdicts, alerts);
}

function renderAlerts(alerts: readonly ActiveAlert[]): string {
  const lines = alerts.map((alert) => `ALERT ${alert.log_type_name}: ${alert.message}`);
  return lines.join("\n") || "No live alert.";
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "   ");
}

/** A demo that could not fail would prove nothing. */
function expectStep(
  step: Step,
  verdicts: readonly SystemVerdict[],
  alerts: readonly ActiveAlert[],
): void {
  const state = verdicts.find(({ fqdn }) => fqdn === demoHost)?.state;
  const shown = alerts.map((alert) => alert.log_type_name).join(", ") || "none";
  const wanted = step.alert ?? "none";
  if (state !== step.state || shown !== wanted || verdicts.length !== 1) {
    throw new Error(
      `the demo shows state ${state} and alert ${shown} where it must show ${step.state} and ${wanted}`,
    );
  }
}

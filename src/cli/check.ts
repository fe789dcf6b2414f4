import { type Command, Option } from "commander";
import type { Client } from "pg";
import { renderNagios } from "../check/nagios.ts";
import { renderPrometheus } from "../check/prometheus.ts";
import { readMetrics } from "../check/metrics.ts";
import { type CheckVerdict, readCheckVerdict } from "../check/verdict.ts";
import { withDatabase } from "../database.ts";
import { UnreachableError, UsageError } from "../errors.ts";
import { type Io, print } from "../io.ts";
import { databaseCommand } from "./command.ts";
import { renderStatus } from "./status.ts";

interface CheckOptions {
  readonly databaseUrl?: string;
  readonly fqdn?: string;
  readonly output: "human" | "nagios" | "json" | "prometheus";
  readonly json?: boolean;
  readonly timeout: string;
}

const help = `
Exit status, as of every monitoring plugin:
  0  all required scopes of all systems are fresh, or checking is off
  1  fresh, but the last attempt failed, one is stuck or failing, or runs wait for too long
  2  a system is outdated or missing, or no system is known at all
  3  could not be determined; also after --help and for wrong options

Example:
  lastgood check --fqdn engine.example.test --timeout 10`;

/** A monitoring plugin. Whatever goes wrong here could not be determined: see `runProgram`. */
export function checkCommand(io: Io): Command {
  return databaseCommand("check", "Check backup freshness, as a monitoring plugin.", help)
    .option("--fqdn <name>", "only this system")
    .addOption(
      new Option("--output <format>", "how to print")
        .choices(["human", "nagios", "json", "prometheus"])
        .default("nagios"),
    )
    .option("--json", "the same as --output json")
    .option("-t, --timeout <seconds>", "give up after so long, with status 3", "30")
    .action(async (options: CheckOptions) => {
      const format = options.json ? "json" : options.output;
      if (format === "prometheus") {
        const metrics = await inTime(io, options, readMetrics);
        print(io, (await renderPrometheus(metrics)).trimEnd());
        io.setExitStatus(metrics.verdict.check_status);
        return;
      }
      const verdict = await inTime(io, options, readCheckVerdict);
      print(io, render(verdict, format));
      io.setExitStatus(verdict.check_status);
    });
}

async function inTime<T>(
  io: Io,
  options: CheckOptions,
  read: (client: Client, fqdn?: string) => Promise<T>,
): Promise<T> {
  const timeout = deadline(options.timeout);
  const signal = AbortSignal.any([io.signal, timeout]);
  try {
    return await withDatabase(io, { ...options, signal }, (client) => read(client, options.fqdn));
  } catch (error) {
    throw timeout.aborted
      ? new UnreachableError(`no verdict within ${options.timeout} s`, {
          cause: error,
          hint: "Does the database answer, or is something locked? Raise it with --timeout.",
        })
      : error;
  }
}

function render(
  verdict: CheckVerdict,
  format: Exclude<CheckOptions["output"], "prometheus">,
): string {
  switch (format) {
    case "json":
      return JSON.stringify(verdict, null, 2);
    case "human":
      return renderStatus(verdict.systems);
    case "nagios":
      return renderNagios(verdict);
  }
}

/** A limit in seconds that is left as an abort signal: the connection ends with it. */
function deadline(text: string): AbortSignal {
  const limit = Number(text);
  if (!(limit > 0 && limit <= 86_400)) {
    throw new UsageError(`the timeout "${text}" is no number of seconds`, {
      hint: "Give a number above 0, such as --timeout 30.",
    });
  }
  return AbortSignal.timeout(limit * 1000);
}

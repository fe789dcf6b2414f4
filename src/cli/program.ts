import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { checkExit, exit, exitHelp } from "../exit.ts";
import { type Io, print } from "../io.ts";
import { type FailureFormat, pluginFailure, reportFailure } from "./failure.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Not listed in help. */
  readonly isHidden?: boolean;
  /** Whatever goes wrong in a monitoring plugin could not be determined: one status for all of it. */
  readonly failureStatus?: number;
  readonly load: () => Promise<(io: Io) => Command>;
}

/** Loaded when they are called: a command starts no slower for the others. */
const entries: readonly Entry[] = [
  {
    name: "status",
    summary: "show the verdict of every system",
    load: async () => (await import("./status.ts")).statusCommand,
  },
  {
    name: "check",
    summary: "check backup freshness, as a monitoring plugin",
    failureStatus: checkExit.unknown,
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "events",
    summary: "list events, newest first",
    load: async () => (await import("./events.ts")).eventsCommand,
  },
  {
    name: "alerts",
    summary: "list live alerts, dismiss one",
    load: async () => (await import("./alerts.ts")).alertsCommand,
  },
  {
    name: "system",
    summary: "list, add, change, retire and reinstate systems",
    load: async () => (await import("./system.ts")).systemCommand,
  },
  {
    name: "source",
    summary: "list, add, check and delete what is backed up",
    load: async () => (await import("./source.ts")).sourceCommand,
  },
  {
    name: "provider",
    summary: "list, add, check and delete places that keep backups",
    load: async () => (await import("./provider.ts")).providerCommand,
  },
  {
    name: "backup",
    summary: "take, list, look into, verify, hold and delete backups",
    load: async () => (await import("./backup.ts")).backupCommand,
  },
  {
    name: "restore",
    summary: "bring back what is picked of a backup",
    load: async () => (await import("./restore.ts")).restoreCommand,
  },
  {
    name: "schedule",
    summary: "let sources be backed up by themselves",
    load: async () => (await import("./schedule.ts")).scheduleCommand,
  },
  {
    name: "execution",
    summary: "list, cancel and delete runs of schedules",
    load: async () => (await import("./execution.ts")).executionCommand,
  },
  {
    name: "grant",
    summary: "let a role report, read or operate",
    load: async () => (await import("./grant.ts")).grantCommand,
  },
  {
    name: "doctor",
    summary: "find out what keeps lastgood from telling the truth",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "config",
    summary: "show and change the configuration",
    load: async () => (await import("./config.ts")).configCommand,
  },
  {
    name: "up",
    summary: "start here: a database, the schema, a worker and the verdict",
    load: async () => (await import("./up.ts")).upCommand,
  },
  {
    name: "work",
    summary: "check on schedule and prune, until stopped",
    load: async () => (await import("./work.ts")).workCommand,
  },
  {
    name: "demo",
    summary: "show the whole story on a throw-away server",
    load: async () => (await import("./demo.ts")).demoCommand,
  },
  {
    name: "exec",
    summary: "run a backup command and report how it ends",
    load: async () => (await import("./exec.ts")).execCommand,
  },
  {
    name: "log-event",
    summary: "report an event, or send those that wait",
    load: async () => (await import("./log-event.ts")).logEventCommand,
  },
  {
    name: "install",
    summary: "install or upgrade the schema",
    load: async () => (await import("./install.ts")).installCommand,
  },
  {
    name: "sql",
    summary: "print the script with which psql alone installs the schema",
    load: async () => (await import("./sql.ts")).sqlCommand,
  },
];

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function buildProgram(io: Io, wanted: string | undefined): Promise<Command> {
  const program = new Command("lastgood")
    .description("Knows when your last good backup was.")
    .version(version(), "-V, --version", "print the version")
    .addHelpText("after", `${exitHelp}\n`)
    .showHelpAfterError("(add --help for the options)")
    // Else "-V" as the value of a command's option would be taken for --version.
    .enablePositionalOptions();
  for (const entry of entries) {
    const command =
      entry.name === wanted
        ? (await entry.load())(io)
        : new Command(entry.name).description(entry.summary);
    program.addCommand(command, { hidden: entry.isHidden ?? false });
  }
  configure(program, io);
  return program;
}

/** Output and errors go through `io`, and nothing ends the process. */
function configure(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) {
    configure(child, io);
  }
}

/** Runs `lastgood` with these arguments, the program's own name not among them. */
export async function runProgram(io: Io, args: readonly string[]): Promise<void> {
  // `help NAME` is commander's own way to say `NAME --help`.
  const wanted = args[0] === "help" ? args[1] : args.find((arg) => !arg.startsWith("-"));
  const failureStatus = entries.find((entry) => entry.name === wanted)?.failureStatus;
  try {
    const program = await buildProgram(io, wanted);
    if (args.length === 0) {
      program.outputHelp();
      io.setExitStatus(exit.usage);
      return;
    }
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    const status = fail(io, error, failureFormat(args, failureStatus));
    io.setExitStatus(failureStatus ?? status);
  }
}

/** Commander has printed its own errors by then; only a reader of JSON still needs a document. */
function fail(io: Io, error: unknown, format: FailureFormat): number {
  if (!(error instanceof CommanderError)) {
    return reportFailure(io, error, format);
  }
  if (error.exitCode === 0) {
    return exit.done;
  }
  const message = error.message.replace(/^error: /, "");
  if (format === "json") {
    print(io, JSON.stringify({ error: { code: "USAGE", message } }));
  }
  // A monitoring system shows what a plugin says on stdout, and nothing else.
  if (format === "plugin") {
    print(io, pluginFailure(message));
  }
  return exit.usage;
}

function failureFormat(args: readonly string[], failureStatus: number | undefined): FailureFormat {
  const own = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  const output = /--output[ =](\w+)/.exec(own.join(" "))?.[1];
  if (own.includes("--json") || output === "json") {
    return "json";
  }
  return failureStatus !== undefined && output !== "prometheus" ? "plugin" : "text";
}

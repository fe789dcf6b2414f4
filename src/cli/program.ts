import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { exit, exitHelp } from "../exit.ts";
import type { Io } from "../io.ts";
import { reportFailure } from "./failure.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  /** Not listed in help. */
  readonly isHidden?: boolean;
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
    .showHelpAfterError("(add --help for the options)");
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
  try {
    const program = await buildProgram(io, wanted);
    if (args.length === 0) {
      program.outputHelp();
      io.setExitStatus(exit.usage);
      return;
    }
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      io.setExitStatus(error.exitCode === 0 ? exit.done : exit.usage);
      return;
    }
    reportFailure(io, error, args.includes("--json"));
  }
}

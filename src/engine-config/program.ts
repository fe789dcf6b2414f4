import { reportFailure } from "../cli/failure.ts";
import { withDatabase } from "../database.ts";
import { LastgoodError, UnreachableError } from "../errors.ts";
import { exit } from "../exit.ts";
import { type Io, remark } from "../io.ts";
import { perform } from "./actions.ts";
import { parseArguments } from "./grammar.ts";
import { usage } from "./usage.ts";

const connectionFailed =
  "Connection to the Database failed. Please check that the hostname and port number are correct" +
  " and that the Database service is up and running.";

/** Runs `engine-config` with these arguments, the program's own name not among them. */
export async function runEngineConfig(io: Io, args: readonly string[]): Promise<void> {
  try {
    const request = parseArguments(args);
    for (const argument of request.ignored) {
      remark(io, `${argument} has no effect.`);
    }
    if (request.action === "help" && request.key === undefined) {
      io.stdout.write(usage);
      return;
    }
    await withDatabase(io, request, (client) => perform(io, client, request));
  } catch (error) {
    reportError(io, error);
  }
}

/** Every error has the same exit status, and those of the grammar stand alone on their line. */
function reportError(io: Io, error: unknown): void {
  io.setExitStatus(exit.failed);
  if (!(error instanceof LastgoodError)) {
    reportFailure(io, error, "text");
    return;
  }
  if (error instanceof UnreachableError) {
    remark(io, connectionFailed);
    remark(io, `hint: ${error.message}`);
    return;
  }
  remark(io, error.message);
  if (error.hint) {
    remark(io, `hint: ${error.hint}`);
  }
}

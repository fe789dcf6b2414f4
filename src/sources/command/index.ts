import { z } from "zod";
import { access, constants } from "node:fs/promises";
import { ProgramError } from "../../errors.ts";
import { findCommand } from "../../commands-file.ts";
import type { RunContext, SourceType } from "../source.ts";
import { backUp } from "./back-up.ts";
import { restore } from "./restore.ts";

/** What a source of type `command` is told. */
export interface CommandSettings {
  readonly command: string;
}

const settings: z.ZodType<CommandSettings> = z.strictObject({
  command: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
      error: "must be a name from the commands file, not a program",
    })
    .describe("a name in the worker's commands file"),
});

/** Whatever a program backs up, on its stdout or at a path. */
export const commandSource: SourceType<CommandSettings> = {
  type: "command",
  summary: "what a program of the worker's commands file writes",
  settings,
  canIncrement: false,
  check,
  backUp,
  restore,
  rehearse: () =>
    Promise.resolve([
      {
        result: "unverifiable",
        what: "the output of the command",
        reason: "only the program that wrote it knows how to read it",
      },
    ]),
};

async function check(
  { command }: CommandSettings,
  { env }: RunContext,
): Promise<readonly string[]> {
  const found = await findCommand(command, env);
  for (const program of [found.program, ...(found.restore ? [found.restore.program] : [])]) {
    if (program.startsWith("/")) await checkExecutable(program);
  }
  const restores = found.restore === undefined ? "; no program restores it" : "";
  return [`command ${command}: ${found.program}, output ${found.mode}${restores}`];
}

async function checkExecutable(program: string): Promise<void> {
  try {
    await access(program, constants.X_OK);
  } catch (cause) {
    throw new ProgramError(`${program} cannot be run`, {
      cause,
      hint: "Install it, or correct the commands file.",
    });
  }
}

import type { Io } from "../../src/io.ts";
import { runProgram } from "../../src/cli/program.ts";
import { testIo } from "./io.ts";

export interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `lastgood` in this process, with these arguments and this environment and nothing else. */
export async function lastgood(env: Io["env"], ...args: string[]): Promise<Outcome> {
  const io = testIo({ env });
  await runProgram(io, args);
  return { status: io.status(), output: io.output(), errors: io.errors() };
}

import { execFile } from "node:child_process";
import { inject, type TestContext } from "vitest";
import {
  clientProgramsHint,
  findClientProgram,
  type ClientProgramName,
} from "../../src/server/client-programs.ts";
import type { Finished } from "./bin.ts";
import { skip } from "./skip.ts";

/**
 * Path of a client program of PostgreSQL; skips the test where there is none. Those that dump and
 * restore must be at least as new as the server, psql talks to any.
 */
export async function clientProgram(
  context: TestContext,
  name: ClientProgramName,
  { isOfServer = false }: { readonly isOfServer?: boolean } = {},
): Promise<string> {
  const major = inject("serverMajor");
  const found = await findClientProgram(name, { env: process.env, major });
  if (found === undefined) return skip(context, `there is no ${name}. ${clientProgramsHint}`);
  if (name !== "psql" && found.major < major) {
    return skip(context, `${name} ${found.version} is older than the server, ${major}`);
  }
  if (isOfServer && found.major !== major) {
    return skip(context, `${name} ${found.version} is not of the server's version, ${major}`);
  }
  return found.path;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a program to its end, with a small environment, and reads all it says. */
export async function runProgram(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const env = { PATH: process.env["PATH"], LC_ALL: "C", ...options.env };
  return await new Promise((resolve) => {
    const child = execFile(
      path,
      [...args],
      { env, cwd: options.cwd, maxBuffer: 100_000_000 },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    // A program may end before it has read all of it: its status tells how.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
  });
}

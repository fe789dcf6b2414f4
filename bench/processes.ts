import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "./harness.ts";

const execFileAsync = promisify(execFile);

/** A path from the project's root. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** What names the database to a child process, and nothing else of ours. */
export function databaseEnv(bench: Bench, url: string): NodeJS.ProcessEnv {
  const { host, port, user, password } = bench.server.connection;
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: new URL(url).pathname.slice(1),
  };
}

/** Runs a program to its end; what it prints. Throws when it fails or complains. */
export async function runProgram(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { stdout, stderr } = await execFileAsync(file, args, { env });
  if (stderr !== "") throw new Error(`${file}: ${stderr}`);
  return stdout;
}

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "./harness.ts";

const execFileAsync = promisify(execFile);

/** A path from the project's root. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** What names the database to a child process, and nothing else of ours. */
export function databaseEnv({ server }: Pick<Bench, "server">, url: string): NodeJS.ProcessEnv {
  const { host, port, user, password } = server.connection;
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

/** As {@link runProgram}, for programs that tell on stderr how they get on. */
export async function runLoud(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  folder?: string,
): Promise<string> {
  const maxBuffer = 64 * 1024 * 1024;
  const { stdout } = await execFileAsync(file, args, { env, maxBuffer, cwd: folder });
  return stdout;
}

/** Runs `first | second > path`; throws when either fails. */
export async function runPipe(
  first: readonly [string, ...string[]],
  second: readonly [string, ...string[]],
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const file = await open(path, "w");
  try {
    const [program, ...args] = second;
    const reader = spawn(program, args, { env, stdio: ["pipe", file.fd, "inherit"] });
    const writer = spawn(first[0], first.slice(1), {
      env,
      stdio: ["ignore", reader.stdin, "inherit"],
    });
    // Else the reader waits for us too.
    reader.stdin?.destroy();
    const ends = await Promise.all([once(writer, "exit"), once(reader, "exit")]);
    if (ends.some(([status]) => status !== 0)) throw new Error(`${first[0]} | ${program} failed`);
  } finally {
    await file.close();
  }
}

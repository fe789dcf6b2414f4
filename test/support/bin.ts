import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of bin/, as built last by `npm run build`, with an environment of its own. */
export async function runBin(
  name: "lastgood.js" | "engine-config.js",
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const program = fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env } },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "./harness.ts";
import { databaseEnv, projectPath, runLoud } from "./processes.ts";

/** A catalogue of its own and a folder for everything else, for benchmarks of backups. */
export interface Workplace extends AsyncDisposable {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs `lastgood` as people do, a process a command; what it printed. */
  lastgood(...args: readonly (string | readonly string[])[]): Promise<string>;
  /** A new local-fs provider; its name. */
  addProvider(layout: "pack" | "tree"): Promise<{ name: string; path: string }>;
}

export async function makeWorkplace(bench: Bench): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), "lastgood-bench-"));
  const env = { ...databaseEnv(bench, await bench.createDatabase()), TMPDIR: folder };
  const lastgood = async (...args: readonly (string | readonly string[])[]): Promise<string> =>
    runLoud(process.execPath, [projectPath("bin/lastgood.js"), ...args.flat()], env);
  return {
    folder,
    env,
    lastgood,
    async addProvider(layout) {
      const name = `place-${randomBytes(4).toString("hex")}`;
      const path = join(folder, name);
      await mkdir(path);
      await lastgood(
        ["provider", "add", name, "--type", "local-fs"],
        ["--set", `path=${path}`, "--layout", layout],
      );
      return { name, path };
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

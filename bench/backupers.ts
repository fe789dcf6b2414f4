import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runLoud } from "./processes.ts";
import type { Workplace } from "./workplace.ts";

/** A tool that backs up one folder, as the benchmarks call it. */
export interface Backuper {
  readonly name: string;
  /** Starts again with nothing kept. */
  renew(): Promise<void>;
  backUp(isFirst: boolean): Promise<void>;
  /** Restores one file, or all of them, from the newest backup. */
  restore(target: string, path?: string): Promise<void>;
}

export function lastgood(place: Workplace, source: string): Backuper {
  let provider = "";
  let backup = "";
  let sourceName: string | undefined;
  return {
    name: "lastgood",
    async renew() {
      provider = (await place.addProvider("pack")).name;
      if (sourceName !== undefined) return;
      sourceName = "tree";
      await place.lastgood(
        ["source", "add", sourceName, "--type", "files", "--system", "bench.example"],
        ["--scope", "files", "--set", `path=${source}`],
      );
    },
    async backUp(isFirst) {
      const incremental = isFirst ? [] : ["--incremental"];
      const args = ["backup", "create", "tree", "--provider", provider, ...incremental];
      backup = (await place.lastgood(...args)).trim();
    },
    async restore(target, path) {
      const item = path === undefined ? [] : ["--item", path];
      await place.lastgood("restore", "create", backup, "--to", target, ...item);
    },
  };
}

export function restic(place: Workplace, source: string): Backuper {
  const folder = join(place.folder, "restic");
  const env = {
    ...place.env,
    RESTIC_PASSWORD: "bench",
    RESTIC_REPOSITORY: folder,
    RESTIC_CACHE_DIR: join(place.folder, "restic-cache"),
  };
  const run = async (...args: string[]): Promise<void> => {
    await runLoud("restic", ["--quiet", ...args], env);
  };
  return {
    name: "restic",
    async renew() {
      await rm(folder, { recursive: true, force: true });
      await run("init", "--repository-version", "2");
    },
    backUp: async () => run("backup", source),
    async restore(target, path) {
      const only = path === undefined ? [] : ["--include", join(source, path)];
      await run("restore", "latest", "--target", target, ...only);
    },
  };
}

export function borg(place: Workplace, source: string): Backuper {
  const folder = join(place.folder, "borg");
  const env = { ...place.env, BORG_REPO: folder, BORG_BASE_DIR: join(place.folder, "borg-base") };
  let count = 0;
  return {
    name: "borg",
    async renew() {
      await rm(folder, { recursive: true, force: true });
      await runLoud("borg", ["init", "--encryption", "none"], env);
    },
    async backUp() {
      count += 1;
      await runLoud("borg", ["create", "--compression", "zstd,3", `::b${count}`, source], env);
    },
    async restore(target, path) {
      await mkdir(target, { recursive: true });
      const only = path === undefined ? [] : [join(source, path).slice(1)];
      await runLoud("borg", ["extract", `::b${count}`, ...only], { ...env }, target);
    },
  };
}

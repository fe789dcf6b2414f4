import { expect, test, type TestContext } from "vitest";
import { benchmarks, measure } from "../bench/run.ts";
import { clientProgramsHint, findClientProgram } from "../src/server/client-programs.ts";
import { runProgram } from "./support/programs.ts";
import { skip } from "./support/skip.ts";
import { whyNoSwift } from "./support/swift.ts";

/** What a benchmark compares with, where that is no part of this project. */
const needs: Readonly<Record<string, (context: TestContext) => Promise<void>>> = {
  dump: async (context) => {
    for (const name of ["pg_dump", "pg_dumpall", "pg_restore"] as const) {
      const found = await findClientProgram(name, { env: process.env });
      if (found === undefined) skip(context, `there is no ${name}. ${clientProgramsHint}`);
    }
  },
  s3: async (context) => {
    const why = whyNoSwift();
    if (why !== undefined) skip(context, why);
    const { status } = await runProgram("rclone", ["version"]);
    if (status !== 0) skip(context, "there is no rclone; install rclone");
  },
  swift: async (context) => {
    const why = whyNoSwift();
    if (why !== undefined) await Promise.resolve(skip(context, why));
  },
  tree: async (context) => {
    for (const [name, option] of [
      ["restic", "version"],
      ["borg", "--version"],
    ] as const) {
      const { status } = await runProgram(name, [option]);
      if (status !== 0) skip(context, `there is no ${name}; install restic and borgbackup`);
    }
  },
};

// Sizes at which the figures mean nothing: this holds that every benchmark still runs.
const size = { rows: 2_000, systems: 20, rounds: 1, events: 20 };

test.for(benchmarks)(
  "benchmark $name runs and compares with its yardstick",
  { timeout: 120_000 },
  async (benchmark, context) => {
    await needs[benchmark.name]?.(context);
    const measurements = await measure([benchmark], size, () => undefined);
    expect(measurements.length).toBeGreaterThan(0);
    for (const { name, yardstick, ratio, bar, better, holds } of measurements) {
      expect(name).not.toBe("");
      expect(yardstick).not.toBe("");
      expect(ratio).toBeGreaterThan(0);
      expect(bar).toBeGreaterThan(0);
      expect(holds).toBe(better === "higher" ? ratio >= bar : ratio <= bar);
    }
  },
);

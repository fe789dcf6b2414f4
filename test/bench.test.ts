import { expect, test } from "vitest";
import { benchmarks, measure } from "../bench/run.ts";

// Sizes at which the figures mean nothing: this holds that every benchmark still runs.
test("every benchmark runs and compares with its yardstick", { timeout: 120_000 }, async () => {
  const size = { rows: 2_000, systems: 20, rounds: 1, events: 20 };
  const measurements = await measure(benchmarks, size, () => undefined);
  expect(measurements.length).toBeGreaterThanOrEqual(benchmarks.length);
  for (const { name, yardstick, ratio, bar, better, holds } of measurements) {
    expect(name).not.toBe("");
    expect(yardstick).not.toBe("");
    expect(ratio).toBeGreaterThan(0);
    expect(bar).toBeGreaterThan(0);
    expect(holds).toBe(better === "higher" ? ratio >= bar : ratio <= bar);
  }
});

import { cpus, loadavg, totalmem } from "node:os";
import type { Measurement } from "./harness.ts";

/** The machine as far as it matters here, one line each. */
export function describeMachine(postgres: string): string {
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `machine:    ${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`,
    `PostgreSQL: ${postgres} (fsync on)`,
    `Node:       ${process.versions.node}`,
    `load:       ${load.join(" ")} at the start`,
  ].join("\n");
}

/** The table for people: one line a measurement, MISSED where a bar does not hold. */
export function renderTable(measurements: readonly Measurement[]): string {
  const head = ["measurement", "yardstick", "ratio", "bar", ""];
  const rows = measurements.map(({ name, yardstick, ratio, bar, better, holds }) => [
    name,
    yardstick,
    ratio.toFixed(2),
    `${better === "higher" ? "≥" : "≤"} ${bar}`,
    holds ? "holds" : "MISSED",
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

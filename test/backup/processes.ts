import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import type { TestContext } from "vitest";
import { skip } from "../support/skip.ts";
import { waitFor } from "../support/wait.ts";

/** A process as /proc tells of it. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** With its pid, of no other process ever. */
  readonly startedAt: string;
  readonly command: string;
}

export function needsProc(context: TestContext): void {
  if (!existsSync("/proc/self/stat")) skip(context, "there is no /proc here");
}

async function processOf(pid: string): Promise<RunningProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
    // The name in parentheses may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return { pid: Number(pid), parent: Number(fields[1]), startedAt: fields[19] ?? "", command };
  } catch {
    return undefined;
  }
}

async function allProcesses(): Promise<readonly RunningProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(processOf));
  return found.filter((each) => each !== undefined);
}

/** All that a process has started, directly or not, and that runs now. */
export async function descendantsOf(pid: number): Promise<readonly RunningProcess[]> {
  const all = await allProcesses();
  const found: RunningProcess[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Waits until a process has started one like this, and returns all that it has started. */
export async function untilItRuns(
  pid: number | undefined,
  command: RegExp,
): Promise<readonly RunningProcess[]> {
  return await waitFor(
    async () => {
      const found = await descendantsOf(pid ?? -1);
      return found.some((each) => command.test(each.command)) ? found : undefined;
    },
    { what: `a child like ${String(command)}` },
  );
}

/** Waits until none of these runs any more; what they were. */
export async function untilGone(processes: readonly RunningProcess[]): Promise<readonly string[]> {
  await waitFor(
    async () => {
      const now = await Promise.all(processes.map(({ pid }) => processOf(String(pid))));
      return processes.every(({ startedAt }, index) => now[index]?.startedAt !== startedAt);
    },
    { timeoutMs: 60_000, what: `the end of ${processes.map(({ command }) => command).join("; ")}` },
  );
  return processes.map(({ command }) => command);
}

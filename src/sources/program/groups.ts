import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

// Built, it is JavaScript; in the sources it is not.
const guardName = import.meta.url.endsWith(".ts") ? "./guard.ts" : "./guard.js";
const guardFile = fileURLToPath(new URL(guardName, import.meta.url));

let guard: ChildProcess | undefined;

/**
 * Has a process group ended when this process is, even by SIGKILL; until {@link releaseGroup}. Takes
 * one more process, started with the first group.
 */
export function guardGroup(group: number): void {
  tell(`+${group}\n`);
}

export function releaseGroup(group: number): void {
  tell(`-${group}\n`);
}

function tell(line: string): void {
  if (guard === undefined || guard.exitCode !== null || guard.signalCode !== null) {
    guard = startGuard();
  }
  guard.stdin?.write(line);
}

function startGuard(): ChildProcess {
  const child = spawn(process.execPath, [guardFile], {
    cwd: "/",
    // Neither signals from a terminal nor what ends our own group may end it.
    detached: true,
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
  return child;
}

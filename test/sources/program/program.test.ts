import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  failureOf,
  readProgram,
  startProgram,
  type ProgramOptions,
} from "../../../src/sources/program/program.ts";
import { waitFor } from "../../support/wait.ts";

const child = fileURLToPath(new URL("program.child.ts", import.meta.url));

function shell(script: string, signal = new AbortController().signal): ProgramOptions {
  return {
    path: "/bin/sh",
    args: ["-c", script],
    env: { PATH: process.env["PATH"] ?? "" },
    signal,
  };
}

/** The processes of a group that run. */
async function membersOf(group: number): Promise<readonly string[]> {
  const members: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [state, , groupOfPid] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (Number(groupOfPid) === group && state !== "Z") members.push(pid);
  }
  return members;
}

test("what a program started ends with us, even when we are killed", async () => {
  const parent = spawn(process.execPath, [child], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const group = Number(line.toString());
  await waitFor(async () => (await membersOf(group)).length === 3);
  parent.kill("SIGKILL");
  const end = waitFor(async () => (await membersOf(group)).length === 0, { timeoutMs: 8000 });
  await expect(end).resolves.toBe(true);
});

test("a program that does not listen is killed with all it started", async () => {
  const controller = new AbortController();
  const running = await startProgram(
    shell("trap '' TERM; sleep 1000 & while :; do wait; done", controller.signal),
  );
  await waitFor(async () => (await membersOf(running.pid)).length === 2);
  controller.abort();
  expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
  expect(await membersOf(running.pid)).toEqual([]);
});

test("all that it prints is read, whatever its length", async () => {
  const text = await readProgram(shell("head -c 3000000 /dev/zero | tr '\\0' x"), { hint: "" });
  expect(text).toHaveLength(3_000_000);
});

test("what it printed before it ended is there for whoever reads it later", async () => {
  const running = await startProgram({
    ...shell("head -c 100000 /dev/zero | tr '\\0' x"),
    stdout: "pipe",
  });
  await running.ended;
  expect(await buffer(running.stdout ?? Readable.from([]))).toHaveLength(100_000);
});

test("its failure shows its last lines, and no secret", async () => {
  const running = await startProgram(shell("echo 'password hush-hush is wrong' >&2; exit 3"));
  const failure = failureOf(await running.ended, "/bin/sh", {
    hint: "Do.",
    secrets: ["hush-hush", ""],
  });
  expect(failure?.message).toBe("sh ended with status 3: password *** is wrong");
});

test("one that is not there is an error with its name", async () => {
  const program = startProgram({ ...shell(""), path: "/nowhere/pg_dump" });
  await expect(program).rejects.toMatchObject({
    code: "PROGRAM",
    message: "/nowhere/pg_dump cannot be started",
  });
});

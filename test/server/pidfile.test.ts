import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runningServer } from "../../src/server/pidfile.ts";
import { isPresent, isRunning } from "../../src/server/process.ts";
import { startThrowaway } from "../../src/server/throwaway.ts";
import { query } from "./support.ts";

test("a server starts although its dead predecessor's number belongs to another process now", async () => {
  const server = await startThrowaway({ env: process.env });
  onTestFinished(() => server.stop());
  const dataFolder = join(server.folder, "data");
  const pidFile = join(dataFolder, "postmaster.pid");
  expect(await runningServer(dataFolder)).toMatchObject({ pid: server.pid });

  const other = await startThrowaway({ env: process.env });
  onTestFinished(() => other.stop());
  await server.kill();
  // The other server's process has the same user, so PostgreSQL alone would refuse to start.
  const text = await readFile(pidFile, "utf8");
  await writeFile(pidFile, text.replace(/^\d+/, String(other.pid)));
  expect(await runningServer(dataFolder)).toBeUndefined();
  await server.restart();
  expect(await query(server.url, "select 1")).toEqual([1]);
  expect(await query(other.url, "select 1")).toEqual([1]);
});

test("a server that was killed and that nobody has taken note of does not count as running", async () => {
  // Its parent, a process that never looks after its children, keeps the dead one in the process table;
  // the shell that it was before would.
  const script = "sleep 0.5 & echo $!; exec sleep 60";
  const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void parent.kill());
  const [text] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(text.toString());
  await expect.poll(() => isRunning(pid)).toBe(false);
  expect(isPresent(pid)).toBe(true);
});

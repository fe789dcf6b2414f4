import { startProgram } from "../../../src/sources/program/program.ts";

// Starts a program that has a child of its own, says which group that is, and waits to be killed.
const running = await startProgram({
  path: "/bin/sh",
  args: ["-c", "sleep 1000 & sleep 1000"],
  env: { PATH: process.env["PATH"] ?? "" },
  signal: new AbortController().signal,
});
console.log(running.pid);
setInterval(() => undefined, 1000);

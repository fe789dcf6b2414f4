import { expect, test } from "vitest";
import { type ChildEnd, runChild } from "../../src/exec/child.ts";
import { testIo, type TestIo } from "../support/io.ts";

test.each([
  ["as a shell gives them", {}],
  ["where no pipe can be made", { TMPDIR: "/nonexistent" }],
])("a command has its output and errors apart: %s", async (_name, env) => {
  const io = testIo({ env: { PATH: process.env["PATH"], ...env } });
  const end = await run(io, "echo out; echo err >&2; exit 3");
  expect(end).toEqual({ kind: "exited", status: 3 });
  expect([io.output(), io.errors()]).toEqual(["out\n", "err\n"]);
});

test.each([
  ["", {}],
  [", an empty TMPDIR is none", { TMPDIR: "" }],
])("a command may open /dev/stdout and /dev/stderr%s", async (_name, env) => {
  const io = testIo({ env: { PATH: process.env["PATH"], ...env } });
  const end = await run(io, "echo out >/dev/stdout; echo err | tee /dev/stderr >/dev/null");
  expect(end).toEqual({ kind: "exited", status: 0 });
  expect([io.output(), io.errors()]).toEqual(["out\n", "err\n"]);
});

function run(io: TestIo, script: string): Promise<ChildEnd> {
  return runChild({ io, program: "sh", args: ["-c", script], onOutput: ignore, onStart: ignore });
}

function ignore(): void {}

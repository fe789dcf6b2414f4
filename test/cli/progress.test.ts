import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startProgress } from "../../src/cli/progress.ts";
import { testIo } from "../support/io.ts";

test("on a terminal a bar tells size, rate and what is left, on stderr", async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
  const io = { ...testIo({ env: {} }), isTerminal: true, stderr };
  const said = text(stderr);
  const progress = await startProgress(io, "backing up shop");
  progress.setTotal(4_000_000);
  progress.add(1_000_000);
  progress.stop();
  stderr.end();
  expect(await said).toMatch(/backing up shop.*1\.00 MB of 4\.00 MB, .*B\/s, .* left/s);
});

test("elsewhere short transfers say nothing", async () => {
  const io = testIo({ env: {} });
  const progress = await startProgress(io, "backing up shop");
  progress.add(1_000_000);
  progress.stop();
  expect(io.output() + io.errors()).toBe("");
});

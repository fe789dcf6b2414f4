#!/usr/bin/env node
import { startProgram } from "./start.js";

await startProgram(async () => {
  const [{ processIo }, { runProgram }] = await Promise.all([
    import("../dist/process-io.js"),
    import("../dist/cli/program.js"),
  ]);
  await runProgram(processIo(), process.argv.slice(2));
});

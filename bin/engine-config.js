#!/usr/bin/env node
import { startProgram } from "./start.js";

// The real tool knows no other status than 0 and 1, whatever ends it.
process.on("exit", (status) => {
  process.exitCode = status === 0 ? 0 : 1;
});

await startProgram(async () => {
  const [{ processIo }, { runEngineConfig }] = await Promise.all([
    import("../dist/process-io.js"),
    import("../dist/engine-config/program.js"),
  ]);
  await runEngineConfig(processIo(), process.argv.slice(2));
});

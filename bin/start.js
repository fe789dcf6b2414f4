import { existsSync } from "node:fs";
import module from "node:module";

const needed = [22, 15];

/** Runs a program of ours after the checks that an import could not report well. */
export async function startProgram(run) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
    process.stderr.write(
      `lastgood needs Node ${needed.join(".")} or newer and was started with ${process.versions.node}.\n` +
        "hint: In a clone, npm scripts and npx bring a newer Node: npx lastgood …\n",
    );
    process.exit(3);
  }
  if (!existsSync(new URL("../dist/process-io.js", import.meta.url))) {
    process.stderr.write("lastgood is not built yet.\nhint: Run: npm ci && npm run build\n");
    process.exit(3);
  }
  module.enableCompileCache?.();
  // A reader that has seen enough, such as head, is no error, and changes no verdict.
  process.stdout.on("error", (error) => {
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(`lastgood: the result cannot be written: ${error.message}\n`);
    // Of a monitoring plugin, 1 would be a warning about backups.
    process.exit(process.argv[2] === "check" ? 3 : 1);
  });
  await run();
}

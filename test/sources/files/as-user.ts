import { join } from "node:path";
import { filesSource } from "../../../src/sources/files/index.ts";
import { backUp, runContext } from "./support.ts";

// Backs up and restores as whoever runs this; says on stdout what came of it.
const [folder = ""] = process.argv.slice(2);
const context = await runContext(folder);
const copy = await backUp(join(folder, "source"), context);
const report = await filesSource.restore({
  reader: copy,
  picked: { items: [] },
  target: join(folder, "target"),
  replace: false,
  dryRun: false,
  options: {},
  context,
});
const { missing } = copy.body;
process.stdout.write(JSON.stringify({ missing, paths: copy.paths(), warnings: report.warnings }));

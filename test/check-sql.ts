// `npm run check:sql`: what looks at the files of sql/migrations alone. What needs a server is a
// test: test/catalog.test.ts for the house rules, test/plpgsql-check.test.ts for every function.
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { migrationsFolder } from "../src/sql-files.ts";

const squawk = "squawk-cli@2.66.0";

function run(program: string, args: readonly string[]): SpawnSyncReturns<Buffer> {
  return spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
}

/** Without a package registry there is no squawk; the migrations are still validated. */
function lint(): boolean {
  const isThere = spawnSync("npx", ["--yes", squawk, "--version"], { encoding: "utf8" });
  if (isThere.status !== 0) {
    console.warn(`SKIPPED: ${squawk} cannot be had from the package registry\n${isThere.stderr}`);
    return true;
  }
  const files = readdirSync(migrationsFolder).filter((name) => name.endsWith(".sql"));
  const paths = files.map((name) => join(migrationsFolder, name));
  return run("npx", ["--yes", squawk, ...paths]).status === 0;
}

function validate(): boolean {
  return run("npx", ["pg-validate-migrations", migrationsFolder]).status === 0;
}

const results = [validate(), lint()];
process.exitCode = results.every(Boolean) ? 0 : 1;

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { Finished } from "./support/bin.ts";
import { emptyDatabase } from "./support/database.ts";
import { runProgram } from "./support/programs.ts";
import { skip } from "./support/skip.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const minutes = 60_000;

/** What npm needs of the environment to find its cache and settings. */
function npmEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(?:HOME|npm_config_.*)$/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""]));
}

test(
  "the packed tarball, installed in an empty folder, installs the schema and gives the verdict",
  { timeout: 5 * minutes },
  async (context) => {
    if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") {
      skip(context, "it asks a package registry; set LASTGOOD_SLOW_TESTS=1");
    }
    const folder = mkdtempSync(join(tmpdir(), "lastgood-package-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));

    const npm = { env: npmEnv(), cwd: folder };
    // dist/ is there: npm test builds it.
    const packed = await runProgram("npm", ["pack", root, "--ignore-scripts", "--json"], npm);
    expect(packed).toMatchObject({ status: 0 });
    const [tarball] = JSON.parse(packed.stdout) as [
      { filename: string; files: { path: string }[] },
    ];
    const shipped = tarball.files.map(({ path }) => path);
    expect(shipped).toEqual(
      expect.arrayContaining(["bin/lastgood.js", "sql/code.sql", "LICENSE", "README.md"]),
    );
    expect(shipped.filter((path) => /^(?:src|test|bench)\/|\.test\./.test(path))).toEqual([]);

    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const installing = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
    const installed = await runProgram("npm", [...installing, `./${tarball.filename}`], npm);
    expect(installed).toMatchObject({ status: 0 });

    await using database = await emptyDatabase();
    const run = async (program: string, ...args: string[]): Promise<Finished> =>
      await runProgram(process.execPath, [join(folder, "node_modules", ".bin", program), ...args], {
        env: { HOME: folder, DATABASE_URL: database.url },
        cwd: folder,
      });

    expect(await run("lastgood", "--version")).toMatchObject({ status: 0, stderr: "" });
    expect(await run("lastgood", "install")).toMatchObject({ status: 0 });
    expect(await run("lastgood", "system", "add", "packed.test")).toMatchObject({ status: 0 });
    const status = await run("lastgood", "status", "--json");
    expect(status).toMatchObject({ status: 0, stdout: expect.stringContaining("packed.test") });
    expect(await run("lastgood", "check")).toMatchObject({ status: 2 });
    expect(await run("lastgood", "sql")).toMatchObject({ status: 0 });
    expect(await run("lastgood-engine-config", "-l")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("BackupCheckPeriodInHours"),
    });

    const program = 'import * as lastgood from "lastgood"; console.log(typeof lastgood.install);';
    const imported = await runProgram(process.execPath, ["--input-type=module", "-e", program], {
      cwd: folder,
    });
    expect(imported).toEqual({ status: 0, stdout: "function\n", stderr: "" });
  },
);

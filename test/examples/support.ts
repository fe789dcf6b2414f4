import { chmod, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { runProgram } from "../support/programs.ts";
import { skip } from "../support/skip.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export function examplePath(name: string): string {
  return join(root, "examples", name);
}

export function readExample(name: string): string {
  return readFileSync(examplePath(name), "utf8");
}

/** A folder for PATH with the programs of bin/ under the names by which examples call them. */
export async function programsFolder(): Promise<string> {
  const folder = await temporaryFolder();
  const node = `exec "${process.execPath}" "${root}bin`;
  const programs = {
    lastgood: `${node}/lastgood.js" "$@"`,
    "lastgood-engine-config": `${node}/engine-config.js" "$@"`,
    "log-backup-event.sh": `exec sh "${root}bin/log-backup-event.sh" "$@"`,
  };
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** PATH with our programs first, then those of PostgreSQL at `clients`. */
export async function examplesPath(...clients: readonly string[]): Promise<string> {
  const ours = await programsFolder();
  const found = clients.map((path) => dirname(path));
  return [ours, ...found, process.env["PATH"]].join(":");
}

/** Path of a program that checks an example; skips the test without, and says what to install. */
export async function checker(
  context: TestContext,
  name: string,
  versionOption: string,
  toInstall: string,
): Promise<string> {
  const { status } = await runProgram(name, [versionOption]);
  return status === 0 ? name : skip(context, `there is no ${name}; install ${toInstall}`);
}

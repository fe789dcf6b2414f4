import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import type { Finished } from "../support/bin.ts";
import { runProgram } from "../support/programs.ts";
import { examplePath, examplesPath } from "./support.ts";
import { temporaryFolder } from "../support/folder.ts";

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await copyTemplate();
  await report(await database.connect(), { fqdn: "a.test", scope: "db" });
});
afterAll(() => database.drop());

beforeEach(async () => {
  folder = await temporaryFolder();
});

async function collect(env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return await runProgram("sh", [examplePath("textfile-collector.sh"), folder], {
    env: { PATH: await examplesPath(), DATABASE_URL: database.url, ...env },
  });
}

async function written(): Promise<string> {
  return await readFile(join(folder, "lastgood.prom"), "utf8");
}

test("a bad verdict is a verdict: the file is there, whole, and others may read it", async () => {
  expect(await collect()).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(await readdir(folder)).toEqual(["lastgood.prom"]);
  expect((await stat(join(folder, "lastgood.prom"))).mode & 0o777).toBe(0o644);
  expect(await written()).toContain(
    'lastgood_alert_active{system="a.test",event="ENGINE_NO_FULL_BACKUP"} 1',
  );
});

describe("where there is no verdict the old file stays, and its age tells", () => {
  test("with the database away", async () => {
    await collect();
    const before = await stat(join(folder, "lastgood.prom"));
    const outcome = await collect({ DATABASE_URL: "postgresql://127.0.0.1:1/x" });
    expect(outcome).toMatchObject({ status: 3, stdout: "" });
    expect(outcome.stderr).toContain("is left as it was");
    expect(await readdir(folder)).toEqual(["lastgood.prom"]);
    const after = await stat(join(folder, "lastgood.prom"));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  test("with an output that was cut short", async () => {
    const bin = await temporaryFolder();
    await writeFile(join(bin, "lastgood"), "#!/bin/sh\necho lastgood_systems 1\nexit 1\n");
    await chmod(join(bin, "lastgood"), 0o755);
    expect((await collect({ PATH: `${bin}:${process.env["PATH"]}` })).status).toBe(3);
    expect(await readdir(folder)).toEqual([]);
  });
});

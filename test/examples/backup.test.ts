import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from "vitest";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import type { Finished } from "../support/bin.ts";
import { clientProgram, runProgram } from "../support/programs.ts";
import { waitFor } from "../support/wait.ts";
import { examplePath, examplesPath } from "./support.ts";
import { temporaryFolder } from "../support/folder.ts";

let database: TestDatabase;
let client: Client;
let folder: string;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
afterAll(() => database.drop());

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder, "app"));
  await mkdir(join(folder, "backups"));
  await writeFile(join(folder, "app", "a file"), "what is in it");
  await client.query("truncate lastgood.audit_log, lastgood.engine_backup_log");
});

async function environment(context: TestContext): Promise<Record<string, string>> {
  const pgDump = await clientProgram(context, "pg_dump");
  return {
    PATH: await examplesPath(pgDump),
    DATABASE_URL: database.url,
    LASTGOOD_FQDN: "a.test",
    LASTGOOD_STATE_DIR: join(folder, "state"),
    BACKUP_FOLDER: join(folder, "backups"),
    BACKUP_DATABASE: database.url,
    BACKUP_FILES: join(folder, "app"),
  };
}

const exec = ["exec", "--scope", "db", "--scope", "files", "--"];

const ways: readonly (readonly [string, (env: Record<string, string>) => Promise<Finished>])[] = [
  [
    "backup.sh, run by lastgood exec",
    (env) => runProgram("lastgood", [...exec, examplePath("backup.sh")], { env }),
  ],
  [
    "backup-with-reports.sh, which reports by itself",
    (env) => runProgram("bash", [examplePath("backup-with-reports.sh")], { env }),
  ],
];

async function events(): Promise<string[]> {
  const { rows } = await client.query<{ event: string }>(
    `select log_type_name || ' ' || scope as event
     from lastgood.audit_log where done_at is not null order by log_time, log_type, scope`,
  );
  return rows.map(({ event }) => event.replace("ENGINE_BACKUP_", ""));
}

async function backups(): Promise<string[]> {
  const files = await readdir(join(folder, "backups"));
  return files
    .filter((name) => !name.endsWith(".log"))
    .map((name) => name.replace(/-\d.*?\./, "."));
}

describe.each(ways)("%s", (_name, run) => {
  test("makes a dump and an archive and reports a full backup", async (context) => {
    expect(await run(await environment(context))).toMatchObject({ status: 0, stderr: "" });
    expect((await backups()).toSorted()).toEqual(["db.sql.gz", "files.tar.gz"]);
    expect(await events()).toEqual([
      "STARTED db",
      "STARTED files",
      "COMPLETED db",
      "COMPLETED files",
    ]);
    const { rows } = await client.query("select fqdn, state, activity from lastgood.system_status");
    expect(rows).toEqual([{ fqdn: "a.test", state: "ok", activity: "idle" }]);
  });

  test("a dump that fails in a pipe is a failure, with the reason", async (context) => {
    const env = { ...(await environment(context)), BACKUP_DATABASE: `${database.url}_none` };
    expect((await run(env)).status).toBe(1);
    expect(await backups()).toEqual([]);
    expect(await events()).toEqual(["STARTED db", "STARTED files", "FAILED db", "FAILED files"]);
    const { rows } = await client.query<{ message: string }>(
      "select message from lastgood.audit_log where log_type_name = 'ENGINE_BACKUP_FAILED' limit 1",
    );
    expect(rows[0]?.message).toContain("does not exist");
  });
});

test("backup-with-reports.sh reports that it was interrupted", async (context) => {
  const env = await environment(context);
  await writeFile(join(folder, "slow"), "");
  const pgDump = join(folder, "pg_dump");
  await writeFile(pgDump, `#!/bin/sh\ntouch "${folder}/dumping"\nexec sleep 1\n`, { mode: 0o755 });
  const child = spawn("bash", [examplePath("backup-with-reports.sh")], {
    env: { ...env, PATH: `${folder}:${env["PATH"]}` },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  await waitFor(() =>
    readFile(join(folder, "dumping"), "utf8").then(
      () => true,
      () => false,
    ),
  );
  child.kill("SIGTERM");
  expect(await ended).toEqual([143, null]);
  expect(await backups()).toEqual([]);
  expect(await events()).toEqual(["STARTED db", "STARTED files", "FAILED db", "FAILED files"]);
});

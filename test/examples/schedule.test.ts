import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientProgramsHint, findClientProgram } from "../../src/server/client-programs.ts";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import { clientProgram, runProgram } from "../support/programs.ts";
import { skip } from "../support/skip.ts";
import { checker, examplesPath, examplePath, readExample } from "./support.ts";
import { temporaryFolder } from "../support/folder.ts";

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
  await report(client, { doneAt: "2001-01-01T00:00:00Z" });
  await report(client, { doneAt: "2001-01-02T00:00:00Z" });
});
afterAll(() => database.drop());

const field = String.raw`(?:\*|\d+)(?:/\d+)?`;
const timeOfDay = new RegExp(`^${field}( ${field}){4}$`);

describe("crontab", () => {
  const lines = readExample("crontab")
    .split("\n")
    .filter((line) => /^[\d*]/.test(line))
    .map((line) => line.split(" "))
    .map((words) => ({ when: words.slice(0, 5).join(" "), command: words.slice(5).join(" ") }));

  test("has a line for each thing to do, and no bare percent sign", () => {
    expect(lines).toHaveLength(5);
    for (const { when, command } of lines) {
      expect(when).toMatch(timeOfDay);
      expect(command).not.toMatch(/(?<!\\)%/);
    }
  });

  test.for(lines)("$command", async ({ command }, context) => {
    // Any psql will do; a pg_dump must be as new as the server.
    const clients = command.includes("backup.sh") ? [await clientProgram(context, "pg_dump")] : [];
    const psql = await findClientProgram("psql", { env: process.env });
    if (command.startsWith("psql ")) {
      clients.push(psql?.path ?? skip(context, `there is no psql. ${clientProgramsHint}`));
    }
    const folder = await temporaryFolder();
    for (const name of ["app", "backups", "metrics"]) await mkdir(join(folder, name));
    const line = command
      .replace(/(?<=^|\s)\/usr\/local\/sbin\/(\S+)/, (_, name: string) => examplePath(name))
      .replace(/textfile-collector\.sh$/, `textfile-collector.sh ${folder}/metrics`);
    const outcome = await runProgram("sh", ["-c", line], {
      env: {
        PATH: await examplesPath(...clients),
        DATABASE_URL: database.url,
        LASTGOOD_STATE_DIR: join(folder, "state"),
        BACKUP_FOLDER: join(folder, "backups"),
        BACKUP_DATABASE: database.url,
        BACKUP_FILES: join(folder, "app"),
      },
    });
    // cron mails whatever is printed.
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("pg_cron.sql", () => {
  test("the statements that it hands to pg_cron check and delete", async () => {
    // What pg_cron has, without its background worker.
    await client.query(`
      create schema cron;
      create table cron.job (jobname text, schedule text, command text);
      create function cron.schedule(text, text, text) returns void language sql
        as 'insert into cron.job values ($1, $2, $3)'`);
    await client.query(readExample("pg_cron.sql"));
    const { rows } = await client.query<{ schedule: string; command: string }>(
      "select schedule, command from cron.job order by jobname",
    );
    expect(rows).toHaveLength(2);
    for (const { schedule, command } of rows) {
      expect(schedule).toMatch(timeOfDay);
      await client.query(command);
    }
    const { rows: left } = await client.query(
      `select (select checked_at is not null from lastgood.last_check) as is_checked,
         (select count(*)::integer from lastgood.engine_backup_log where done_at < '2002-01-01')
           as old_events`,
    );
    // The newest success of a scope stays, however old it is.
    expect(left).toEqual([{ is_checked: true, old_events: 1 }]);
  });
});

describe("lastgood.service", () => {
  const unit = readExample("lastgood.service");

  test("systemd-analyze finds it sound and well confined", async (context) => {
    const program = await checker(context, "systemd-analyze", "--version", "systemd");
    const path = join(await temporaryFolder(), "lastgood.service");
    await writeFile(path, unit.replace("/usr/local/bin/lastgood", "/bin/true"));
    const { status, stderr } = await runProgram(program, ["verify", path]);
    // Units of other packages have defects of their own.
    const ours = stderr.split("\n").filter((line) => line.includes("lastgood"));
    expect({ status, ours }).toEqual({ status: 0, ours: [] });
    const args = ["security", "--no-pager", "--offline=yes", "--threshold=20", path];
    expect(await runProgram(program, args)).toMatchObject({ status: 0 });

    await writeFile(path, unit.replace("Type=exec", "Type=none").replace("[Service]", "[Servce]"));
    expect((await runProgram(program, ["verify", path])).stderr).not.toBe("");
  });

  test("leaves Node what it needs: it compiles while it runs", () => {
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
  });
});

import { readdir, readFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findDatabase } from "../../src/database.ts";
import { targetOf } from "../../src/report/target.ts";
import { temporaryFolder } from "../support/folder.ts";

const script = fileURLToPath(new URL("../../bin/log-backup-event.sh", import.meta.url));

/** Port 1 answers nobody, so that the script keeps the event, with the name of its database. */
const databases: readonly (readonly [string, Record<string, string>])[] = [
  ["localhost:1/app", { DATABASE_URL: "postgresql://u@127.0.0.1:1/app" }],
  ["localhost:1/app", { DATABASE_URL: "postgresql://u@localhost:1/app" }],
  ["localhost:1/app", { DATABASE_URL: "postgresql://u@[::1]:1/app" }],
  ["localhost:1/app", { DATABASE_URL: "postgres://u:p%40ss@127.0.0.1:1/app?sslmode=disable" }],
  ["localhost:1/app", { PGHOST: "/nonexistent", PGPORT: "1", PGDATABASE: "app", PGUSER: "u" }],
  ["localhost:1/u", { PGHOST: "127.0.0.1", PGPORT: "1", PGUSER: "u" }],
  [
    "localhost:1/app",
    { PGHOST: "db.invalid", PGHOSTADDR: "127.0.0.1", PGPORT: "1", PGDATABASE: "app" },
  ],
  ["db.invalid:1/app", { PGHOST: "db.invalid", PGPORT: "1", PGDATABASE: "app" }],
  ["db.invalid:5432/app", { DATABASE_URL: "postgresql://u@db.invalid/app" }],
];

test.each(databases)(
  "%s is what both reporters call the database of %o",
  async (target, settings) => {
    expect(targetOf(await findDatabase(settings, {}))).toBe(target);
    const state = await temporaryFolder();
    await promisify(execFile)("sh", [script, "--scope", "db", "--status", "1", "--fqdn", "f"], {
      env: { PATH: process.env["PATH"], LASTGOOD_STATE_DIR: state, ...settings },
    });
    const name = (await readdir(join(state, "spool"))).find((each) => each.endsWith(".event"));
    expect(await readFile(join(state, "spool", name ?? ""), "utf8")).toContain(
      `target=${target}\n`,
    );
  },
);

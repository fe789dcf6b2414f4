import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { testIo } from "../support/io.ts";

const page = fileURLToPath(new URL("../../docs/config.md", import.meta.url));
const bin = fileURLToPath(new URL("../../bin", import.meta.url));
const text = await readFile(page, "utf8");

let database: TestDatabase;
beforeAll(async () => {
  database = await copyTemplate();
});
afterAll(() => database.drop());

/** The fenced blocks of the page in one language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(
    ([, block]) => block ?? "",
  );
}

test("the table of keys in docs/config.md is what the database says", async () => {
  const io = testIo({ env: { DATABASE_URL: database.url } });
  await runProgram(io, ["config", "list", "--output", "markdown"]);
  const written = text.replace(/(?<=<!-- keys: [^\n]*\n).*(?=<!-- end of keys -->)/s, () =>
    io.output(),
  );
  await expect(written).toMatchFileSnapshot(page);
});

describe("what docs/config.md shows works", () => {
  test("its shell lines", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lastgood-docs-"));
    try {
      for (const [name, program] of [
        ["lastgood", "lastgood.js"],
        ["lastgood-engine-config", "engine-config.js"],
      ] as const) {
        const shim = join(folder, name);
        await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${bin}/${program}" "$@"\n`);
        await chmod(shim, 0o755);
      }
      const env = { PATH: `${folder}:${process.env["PATH"]}`, DATABASE_URL: database.url };
      const lines = blocks("sh").join("");
      expect(lines.trim().split("\n")).toHaveLength(13);
      await promisify(execFile)("sh", ["-e", "-c", lines], { env });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("its SQL", async () => {
    const client = await database.connect();
    for (const block of blocks("sql")) {
      await expect(client.query(`begin; ${block}; rollback`)).resolves.toBeDefined();
    }
  });
});

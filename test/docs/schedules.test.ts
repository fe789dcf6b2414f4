import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { copyTemplate } from "../support/database.ts";
import { temporaryFolder } from "../support/folder.ts";
import { fencedBlocks, readPage, root } from "./support.ts";

test("what docs/schedules.md shows in TypeScript works", async () => {
  await using database = await copyTemplate();
  const client = await database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
  await client.query("select lastgood.add_source('shop', 'files', 'shop.test', 'files')");
  const [block = "", ...others] = fencedBlocks(readPage("docs/schedules.md"), "ts");
  expect(others).toEqual([]);
  const path = join(await temporaryFolder(), "example.mts");
  const program = block
    .replace('"lastgood"', JSON.stringify(join(root, "src/index.ts")))
    .replace('"pg"', JSON.stringify(import.meta.resolve("pg")));
  await writeFile(path, program);
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: { DATABASE_URL: database.url },
  });
  const [next, name, execution] = stdout.trim().split("\n");
  expect(next).toMatch(/T0[01]:30:00\.000Z$/);
  expect(name).toBe("nightly");
  expect(execution).toMatch(/ QUEUED null$/);
});

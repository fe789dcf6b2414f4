import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { TestContext } from "vitest";
import type { Outcome } from "../support/cli.ts";
import { emptyDatabase, type TestDatabase } from "../support/database.ts";
import { clientProgram } from "../support/programs.ts";
import { skip } from "../support/skip.ts";
import {
  backupsOf,
  contentsOf,
  expectRestores,
  expectTidy,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
const run = promisify(execFile);
let count = 0;
let [name, vault, source] = ["", "", ""];

beforeEach(async () => {
  count += 1;
  [name, vault, source] = [`disk${count}`, `vault${count}`, join(place.folder, "source")];
  await mkdir(source);
  await writeFile(join(source, "small"), "small\n");
});

/** A file system of its own at a path; only root can mount one. */
async function mountDisk(context: TestContext, path: string, size: string): Promise<void> {
  if (process.getuid?.() !== 0) skip(context, "only root can mount a small disk");
  await mkdir(path, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path]);
  } catch (error) {
    skip(context, `no small disk can be mounted: ${String(error)}`);
  }
  onTestFinished(async () => {
    await run("umount", ["--lazy", path]);
  });
}

async function addVault(layout: string): Promise<void> {
  const set = `path=${join(place.folder, vault)}`;
  const type = ["--type", "local-fs", "--layout", layout];
  await place.ok("provider", "add", vault, type, "--set", set);
}

async function tryBackUp(): Promise<Outcome> {
  return await place.run("backup", "create", name, "--provider", vault);
}

async function expectFailure(outcome: Outcome, text: RegExp, status = 1): Promise<void> {
  expect([outcome.status, outcome.errors]).toEqual([
    status,
    expect.stringMatching(/^lastgood: .*\nhint: .*\n$/s),
  ]);
  expect(outcome.errors).toMatch(text);
  expect((await backupsOf(place, name))[0]).toMatchObject({
    state: "FAILED",
    reason: expect.stringMatching(text) as unknown,
  });
}

describe.each(["pack", "tree"])("a local disk with layout %s", (layout) => {
  test("that is full fails the backup, keeps the old one, and is used again", async (context) => {
    await mountDisk(context, join(place.folder, vault), "6m");
    await addVault(layout);
    await addFiles(place, name, source);
    const good = await place.ok("backup", "create", name, "--provider", vault);
    const wanted = await contentsOf(source);
    await writeFile(join(source, "large"), randomBytes(9_000_000));
    await expectFailure(await tryBackUp(), /no space left|room/i);
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
    await expectRestores(place, good, wanted);
    await writeFile(join(source, "large"), randomBytes(2_000_000));
    await place.ok("backup", "create", name, "--provider", vault);
    await expectTidy(place, catalogue.client, vault);
  });

  test("that is read-only fails the backup, and can be restored from", async (context) => {
    const path = join(place.folder, vault);
    await mountDisk(context, path, "6m");
    await addVault(layout);
    await addFiles(place, name, source);
    const good = await place.ok("backup", "create", name, "--provider", vault);
    await run("mount", ["-o", "remount,ro", path]);
    await expectFailure(await tryBackUp(), /read-only/i);
    await expectRestores(place, good, await contentsOf(source));
    expect(await place.ok("backup", "verify", good, "--level", "decode")).toContain("ok");
    await run("mount", ["-o", "remount,rw", path]);
    await place.ok("backup", "create", name, "--provider", vault);
    await expectTidy(place, catalogue.client, vault);
  });

  test("that is not mounted fails the backup, and says nothing of the old ones", async (context) => {
    const [path, disk] = [join(place.folder, vault), join(place.folder, "disk")];
    await mountDisk(context, disk, "6m");
    await mkdir(path, { mode: 0o700 });
    const mountAgain = async (): Promise<void> => {
      await run("mount", ["--bind", disk, path]);
    };
    await mountAgain();
    onTestFinished(async () => {
      await run("umount", ["--lazy", path]);
    });
    await addVault(layout);
    await addFiles(place, name, source);
    const good = await place.ok("backup", "create", name, "--provider", vault);
    await run("umount", [path]);
    const outcome = await tryBackUp();
    expect(outcome.errors).toMatch(/hint: .*mounted/);
    await expectFailure(outcome, /no lastgood-provider.json/, 3);
    expect(await readdir(path)).toEqual([]);
    expect(await place.run("backup", "verify", good)).toMatchObject({ status: 3 });
    expect((await backupsOf(place, name))[1]).toMatchObject({ state: "COMPLETE", is_good: true });
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
    await mountAgain();
    await place.ok("backup", "verify", good);
  });
});

describe("a scratch disk that is too small for a dump", () => {
  let shop: TestDatabase;
  beforeAll(async () => {
    shop = await emptyDatabase();
    const client = await shop.connect();
    // Lies there in 0.6 MB, and takes 50 MB as text.
    await client.query(`
      create table deceptive as select repeat('x', 50000000) as text;
      create table plain as select md5(i::text) as text from generate_series(1, 200000) as i`);
  });
  afterAll(async () => shop.drop());

  async function addDatabase(exclude: string): Promise<void> {
    place.env["LASTGOOD_SECRET_SHOP_URL"] = shop.url;
    const set = ["--set", "url=secret:shop_url", "--set", `exclude_tables=${exclude}`];
    const system = ["--type", "postgresql", "--system", `${name}.example`, "--scope", "db"];
    await place.ok("source", "add", name, system, set);
    await addVault("pack");
  }

  async function expectRecovery(): Promise<void> {
    expect(await readdir(place.env["LASTGOOD_SCRATCH_DIR"] ?? "")).toEqual([]);
    delete place.env["LASTGOOD_SCRATCH_DIR"];
    await place.ok("backup", "create", name, "--provider", vault);
    expect((await backupsOf(place, name))[0]).toMatchObject({ state: "COMPLETE" });
    await expectTidy(place, catalogue.client, vault);
  }

  test("fails the backup before it begins, where that can be known", async (context) => {
    await clientProgram(context, "pg_dump");
    const scratch = join(place.folder, "small");
    await mountDisk(context, scratch, "4m");
    place.env["LASTGOOD_SCRATCH_DIR"] = scratch;
    await addDatabase("deceptive");
    const outcome = await tryBackUp();
    expect(outcome.errors).toContain(scratch);
    await expectFailure(outcome, /room|space/);
    await expectRecovery();
  });

  test("fails it half-way otherwise, with nothing left there", async (context) => {
    await clientProgram(context, "pg_dump");
    const scratch = join(place.folder, "small");
    await mountDisk(context, scratch, "20m");
    place.env["LASTGOOD_SCRATCH_DIR"] = scratch;
    await addDatabase("plain");
    const outcome = await tryBackUp();
    expect(outcome.errors).toContain("No space left on device");
    await expectFailure(outcome, /pg_dump/);
    await expectRecovery();
  });
});

test("a source that shrinks to nothing while its disk is away is no backup", async (context) => {
  await mountDisk(context, source, "6m");
  await writeFile(join(source, "small"), "small\n");
  for (let file = 0; file < 20; file += 1) await writeFile(join(source, `f${file}`), "x");
  await addVault("pack");
  await addFiles(place, name, source);
  await place.ok("backup", "create", name, "--provider", vault);
  await run("umount", ["--lazy", source]);
  await rm(join(source, "small"), { force: true });
  const args = ["backup", "create", name, "--provider", vault, "--incremental"];
  await expectFailure(await place.run(args), /entries/);
  expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
  await run("mount", ["-t", "tmpfs", "tmpfs", source]);
});

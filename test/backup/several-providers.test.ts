import { execFile } from "node:child_process";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import {
  backupsOf,
  changeProvider,
  contentsOf,
  expectTidy,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
const run = promisify(execFile);
let count = 0;
let [name, source, near, far] = ["", "", "", ""];

beforeEach(async () => {
  count += 1;
  [name, near, far] = [`two${count}`, `near${count}`, `far${count}`];
  source = join(place.folder, "source");
  await mkdir(join(source, "etc"), { recursive: true });
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "large"), Buffer.alloc(5_000_000, "x"));
  await symlink("etc", join(source, "link"));
  await addFiles(place, name, source);
});

async function add(provider: string, ...options: string[]): Promise<void> {
  const path = join(place.folder, provider);
  await place.ok(
    ["provider", "add", provider, "--type", "debug", "--set", `path=${path}`],
    options,
  );
}

const both = (): string[] => ["--provider", near, "--provider", far];

async function copies(): Promise<Record<string, string>> {
  const [backup] = await backupsOf(place, name);
  return Object.fromEntries((backup?.copies ?? []).map((each) => [each.provider, each.state]));
}

async function restoreFrom(id: string, provider: string): Promise<ReadonlyMap<string, string>> {
  const target = join(place.folder, `from-${provider}-${String(Math.random()).slice(2)}`);
  await place.ok("restore", "create", id, "--to", target, "--from", provider);
  return await contentsOf(target);
}

/** An identity and its recipient, as `age-keygen` makes them. */
async function newKey(file: string): Promise<string> {
  const { generateIdentity, identityToRecipient } = await import("age-encryption");
  const identity = await generateIdentity();
  await writeFile(join(place.folder, file), `${identity}\n`, { mode: 0o600 });
  return await identityToRecipient(identity);
}

describe("a backup at two providers", () => {
  test.each([
    ["pack", "tree"],
    ["tree", "pack"],
    ["pack", "pack"],
    ["tree", "tree"],
  ])("in layouts %s and %s can be restored from each", async (first, second) => {
    await add(near, "--layout", first);
    await add(far, "--layout", second);
    const wanted = await contentsOf(source);
    const id = await place.ok("backup", "create", name, both());
    expect(await copies()).toEqual({ [near]: "COMPLETE", [far]: "COMPLETE" });
    expect(await restoreFrom(id, near)).toEqual(wanted);
    expect(await restoreFrom(id, far)).toEqual(wanted);
    await writeFile(join(source, "new"), "new\n");
    const next = await place.ok("backup", "create", name, both(), "--incremental");
    for (const { stored_bytes: stored } of (await backupsOf(place, name))[0]?.copies ?? []) {
      expect(stored).toBeLessThan(10_000);
    }
    expect(await restoreFrom(next, near)).toEqual(await contentsOf(source));
    expect(await restoreFrom(next, far)).toEqual(await contentsOf(source));
    expect(await restoreFrom(id, far)).toEqual(wanted);
  });

  test("for other recipients opens with their key alone", async () => {
    await add(near, "--layout", "pack", "--recipient", await newKey("near.key"));
    await add(far, "--layout", "pack", "--recipient", await newKey("far.key"));
    // What was read from the source once is read back from the first copy.
    place.env["LASTGOOD_IDENTITY_FILE"] = join(place.folder, "near.key");
    const id = await place.ok("backup", "create", name, both());
    expect(await restoreFrom(id, near)).toEqual(await contentsOf(source));
    const args = ["restore", "create", id, "--to", join(place.folder, "no"), "--from", far];
    expect(await place.run(args)).toMatchObject({ status: 1 });
    place.env["LASTGOOD_IDENTITY_FILE"] = join(place.folder, "far.key");
    expect(await restoreFrom(id, far)).toEqual(await contentsOf(source));
  });

  test.each([
    ["first", "fail", "put::full"],
    ["second", "fail", "put::full"],
    ["first", "fail", "open::unreachable"],
    ["second", "fail", "open::unreachable"],
    ["first", "corrupt", "put:1"],
    ["second", "corrupt", "put:1"],
    ["first", "corrupt", "get:1"],
  ])("is COMPLETE when the %s has trouble: %s %s", async (which, kind, fault) => {
    await add(near, "--layout", "pack");
    await add(far, "--layout", "pack");
    const [bad, good] = which === "first" ? [near, far] : [far, near];
    await changeProvider(catalogue.client, bad, { [kind]: fault });
    const outcome = await place.run("backup", "create", name, both());
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`no copy at ${bad}: `);
    expect(await copies()).toEqual({
      [good]: "COMPLETE",
      // Where it could not even look nothing is to be removed.
      [bad]: fault.startsWith("open") ? "DELETED" : "DELETING",
    });
    const [backup] = await backupsOf(place, name);
    expect(backup).toMatchObject({ state: "COMPLETE", is_good: true });
    expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
    const id = String(backup?.id);
    expect(await restoreFrom(id, good)).toEqual(await contentsOf(source));
    const refused = await place.run("restore", "create", id, "--to", "/nowhere", "--from", bad);
    expect(refused).toMatchObject({ status: 1 });
    await changeProvider(catalogue.client, bad, { [kind]: null });
    await place.ok("backup", "create", name, both());
    expect((await backupsOf(place, name))[1]?.copies.map(({ state }) => state).toSorted()).toEqual([
      "COMPLETE",
      "DELETED",
    ]);
    for (const provider of [near, far]) await expectTidy(place, catalogue.client, provider);
  });

  test("is FAILED when both have trouble, and the error of the last is told", async () => {
    await add(near, "--layout", "pack");
    await add(far, "--layout", "pack");
    for (const each of [near, far]) await changeProvider(catalogue.client, each, { fail: "open" });
    const outcome = await place.run("backup", "create", name, both());
    expect(outcome).toMatchObject({ status: 1 });
    expect((await backupsOf(place, name))[0]).toMatchObject({ state: "FAILED" });
  });

  test("reads the source once", async () => {
    const [program, log] = [join(place.folder, "dump"), join(place.folder, "log")];
    await writeFile(program, `#!/bin/sh\necho run >> '${log}'\necho dump\n`, { mode: 0o700 });
    const commands = join(place.folder, "commands.json");
    const command = { backup: [program], output: "stdout" };
    await writeFile(commands, JSON.stringify({ commands: { dump: command } }));
    place.env["LASTGOOD_COMMANDS_FILE"] = commands;
    await place.ok(
      ["source", "add", `${name}-db`, "--type", "command", "--system", `${name}.example`],
      ["--scope", "db", "--set", "command=dump"],
    );
    await add(near, "--layout", "pack");
    await add(far, "--layout", "tree");
    await place.ok("backup", "create", `${name}-db`, both());
    const { stdout } = await run("wc", ["-l", log]);
    expect(Number.parseInt(stdout, 10)).toBe(1);
  });
});

test("a corrupt copy leaves the backup good by its other one", async () => {
  await add(near, "--layout", "pack");
  await add(far, "--layout", "pack");
  const id = await place.ok("backup", "create", name, both());
  const packs = join(place.folder, near, "packs");
  const [pack] = await readdir(packs, { recursive: true, withFileTypes: true }).then((entries) =>
    entries.filter((entry) => entry.isFile()),
  );
  await writeFile(join(pack?.parentPath ?? "", pack?.name ?? ""), "");
  expect(await place.run("backup", "verify", id)).toMatchObject({ status: 1 });
  const [backup] = await place.json<BackupRow[]>("backup", "list", name);
  expect(backup).toMatchObject({ state: "COMPLETE", is_good: true, proof_level: 2 });
  expect(await copies()).toEqual({ [near]: "CORRUPT", [far]: "COMPLETE" });
  expect(await verdictOf(place, name)).toMatchObject({ state: "ok" });
  // Nobody named a copy: the good one is taken.
  const target = join(place.folder, "restored");
  await place.ok("restore", "create", id, "--to", target);
  expect(await contentsOf(target)).toEqual(await contentsOf(source));
});

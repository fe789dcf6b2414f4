import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { beforeEach, describe, expect, test, type TestContext } from "vitest";
import { skip } from "../support/skip.ts";
import type { Outcome } from "../support/cli.ts";
import { backupsOf, contentsOf, filesBelow } from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const run = promisify(execFile);
let count = 0;
let [name, vault, source, id] = ["", "", "", ""];
const secret = "a line that nobody else may read\n";

/** Makes an identity in a file of its own; its recipient. */
async function newKey(file: string): Promise<string> {
  const identity = await generateIdentity();
  await writeFile(join(place.folder, file), `# a key\n${identity}\n`, { mode: 0o600 });
  return await identityToRecipient(identity);
}

/** Lets everything that follows have this key, or none. */
function use(file: string | undefined): void {
  delete place.env["LASTGOOD_IDENTITY_FILE"];
  if (file !== undefined) place.env["LASTGOOD_IDENTITY_FILE"] = join(place.folder, file);
}

/** A backup for two recipients, made by whoever has no key. */
beforeEach(async () => {
  count += 1;
  [name, vault, source] = [`safe${count}`, `vault${count}`, join(place.folder, "source")];
  await mkdir(join(source, "etc"), { recursive: true });
  await writeFile(join(source, "etc", "secret-name"), secret);
  await writeFile(join(source, "large"), secret.repeat(200_000));
  await addFiles(place, name, source);
  const [alice, bob] = [await newKey("alice"), await newKey("bob")];
  await writeFile(join(place.folder, "recipients"), `# bob\n${bob}\n`, { mode: 0o600 });
  await newKey("eve");
  const file = `file:${join(place.folder, "recipients")}`;
  await addVault(place, vault, "--layout", "pack", "--recipient", alice, "--recipient", file);
  id = await place.ok("backup", "create", name, "--provider", vault);
});

/** Refused with one error and what to do about it. */
function expectRefused(outcome: Outcome, status: number): void {
  expect([outcome.status, outcome.errors]).toEqual([
    status,
    expect.stringMatching(/^lastgood: .*\nhint: .*LASTGOOD_IDENTITY_FILE.*\n$/) as unknown,
  ]);
}

test("nothing in the folder or in the catalogue shows what was backed up", async () => {
  for (const file of await filesBelow(join(place.folder, vault))) {
    const bytes = await readFile(join(place.folder, vault, file), "latin1");
    expect([file, bytes.includes("nobody else"), bytes.includes("secret-name")]).toEqual([
      file,
      false,
      false,
    ]);
  }
  const [backup] = await backupsOf(place, name);
  expect(backup?.copies[0]?.recipients).toHaveLength(2);
  expect(JSON.stringify(backup)).not.toContain("secret-name");
});

describe.each([undefined, "eve"])("with the key of %s", (key) => {
  beforeEach(() => use(key));

  test("its list and its files stay closed, and the hint says what is needed", async () => {
    expectRefused(await place.run("backup", "items", id), 1);
    const target = join(place.folder, "target");
    expectRefused(await place.run("restore", "create", id, "--to", target), 1);
    await expect(filesBelow(target)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("it can be verified as far as that needs no key, and is called neither good nor bad", async () => {
    expect(await place.ok("backup", "verify", id, "--level", "stored")).toContain("stored  ok");
    expect(await place.ok("backup", "verify", id, "--level", "checksum")).toContain("checksum  ok");
    for (const level of ["decode", "restore"]) {
      const outcome = await place.run("backup", "verify", id, "--level", level);
      expect(outcome).toMatchObject({ status: 3 });
      expect(outcome.output).toContain(`${level}  unverifiable`);
    }
    const [backup] = await backupsOf(place, name);
    expect(backup).toMatchObject({ state: "COMPLETE", is_good: true, proof_level: 2 });
  });

  test("provider check says that the newest backup cannot be opened", async () => {
    const outcome = await place.run("provider", "check", vault);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.output).toMatch(/^bad .*cannot be opened.*\nhint .*LASTGOOD_IDENTITY_FILE/m);
  });

  test("further backups can be made; an incremental one reads all of the source", async () => {
    await writeFile(join(source, "new"), secret);
    const args = ["backup", "create", name, "--provider", vault, "--incremental"];
    const outcome = await place.run(args);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`the parent at ${vault} cannot be read`);
    const [newer] = await backupsOf(place, name);
    expect(newer).toMatchObject({ state: "COMPLETE", parent_id: Number(id) });
    expect(newer?.copies[0]?.stored_bytes).toBeLessThan(10_000);
    use("alice");
    await restoreAll(newer?.id ?? 0);
  });

  test("of copies at two providers one is made, and the other is said to be lacking", async () => {
    const other = `${vault}-too`;
    await addVault(place, other, "--layout", "pack", "--recipient", await newKey("carol"));
    const both = ["--provider", vault, "--provider", other];
    const outcome = await place.run("backup", "create", name, both);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`no copy at ${other}: the copy is encrypted`);
    const [newer] = await backupsOf(place, name);
    expect(newer).toMatchObject({ state: "COMPLETE", is_good: true });
    use("alice");
    await restoreAll(newer?.id ?? 0);
  });
});

async function restoreAll(backup: string | number): Promise<void> {
  const target = join(place.folder, `restored-${String(Math.random()).slice(2)}`);
  await place.ok("restore", "create", String(backup), "--to", target);
  expect(await contentsOf(target)).toEqual(await contentsOf(source));
}

describe.each(["alice", "bob"])("with the key of %s", (key) => {
  beforeEach(() => use(key));

  test("all of it opens: list, files, verification, check", async () => {
    const items = await place.json<{ name: string }[]>("backup", "items", id);
    expect(items.map((item) => item.name)).toContain("etc/secret-name");
    await restoreAll(id);
    expect(await place.ok("backup", "verify", id, "--level", "restore")).toContain("restore  ok");
    expect((await backupsOf(place, name))[0]).toMatchObject({ proof_level: 4 });
    expect(await place.ok("provider", "check", vault)).toContain("is encrypted and was opened");
  });

  test("an incremental backup builds on it", async () => {
    const next = await place.ok("backup", "create", name, "--provider", vault, "--incremental");
    const [newer] = await backupsOf(place, name);
    expect(newer).toMatchObject({ id: Number(next), parent_id: Number(id), type: "incremental" });
    expect(newer?.copies[0]?.stored_bytes).toBeLessThan(5_000);
    await restoreAll(next);
  });
});

async function withAge(context: TestContext): Promise<void> {
  await run("age", ["--version"]).catch(() => skip(context, "there is no age"));
}

test("the frames of a pack open with age itself", async (context) => {
  await withAge(context);
  const files = await filesBelow(join(place.folder, vault));
  const pack = files.find((file) => file.endsWith(".pack"));
  const bytes = await readFile(join(place.folder, vault, pack ?? ""));
  const magic = Buffer.from("age-encryption.org/v1\n");
  expect(bytes.indexOf(magic)).toBe(0);
  const second = bytes.indexOf(magic, 1);
  expect(second).toBeGreaterThan(0);
  const frame = join(place.folder, "frame");
  await writeFile(frame, bytes.subarray(0, second));
  const opened = join(place.folder, "opened");
  await run("age", ["--decrypt", "-i", join(place.folder, "bob"), "-o", opened, frame]);
  const { zstdDecompressSync } = await import("node:zlib");
  expect(zstdDecompressSync(await readFile(opened)).toString()).toContain(secret);
});

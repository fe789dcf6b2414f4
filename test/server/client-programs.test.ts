import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { clientProgramsHint, findClientProgram } from "../../src/server/client-programs.ts";
import { environmentWithoutPrograms, temporaryFolder } from "./support.ts";

async function fakeProgram(version: string): Promise<string> {
  const folder = join(await temporaryFolder(), "bin");
  await mkdir(folder);
  const script = `#!/bin/sh\necho "pg_dump (PostgreSQL) ${version}"\n`;
  await writeFile(join(folder, "pg_dump"), script, { mode: 0o755 });
  return folder;
}

/** PATH alone, so that a machine's own PostgreSQL does not matter: the fakes' versions do not exist. */
async function pathOf(...versions: readonly string[]): Promise<{ env: { PATH: string } }> {
  const folders = await Promise.all(versions.map(fakeProgram));
  return { env: { PATH: [...folders, "/usr/bin", "/bin"].join(delimiter) } };
}

test("a program that is nowhere is undefined, and there is a sentence that says what to install", async () => {
  const env = await environmentWithoutPrograms();
  expect(await findClientProgram("psql", { env })).toBeUndefined();
  expect(clientProgramsHint).toContain("postgresql-client");
});

test("LASTGOOD_PG_BINDIR alone is searched where it is set", async () => {
  const folder = await fakeProgram("16.1");
  const found = await findClientProgram("pg_dump", { env: { LASTGOOD_PG_BINDIR: folder } });
  expect(found).toEqual({ path: join(folder, "pg_dump"), version: "16.1", major: 16 });
});

test("the server's own major version is preferred", async () => {
  const found = await findClientProgram("pg_dump", {
    ...(await pathOf("96.1", "95.1", "97.1")),
    major: 95,
  });
  expect(found?.version).toBe("95.1");
});

test("else the newest is taken, even when it is older than the server", async () => {
  const found = await findClientProgram("pg_dump", {
    ...(await pathOf("96.1", "97.1", "95.1")),
    major: 98,
  });
  expect(found?.version).toBe("97.1");
});

test("a program that fails is passed over", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "pg_dump"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const env = { LASTGOOD_PG_BINDIR: folder };
  expect(await findClientProgram("pg_dump", { env })).toBeUndefined();
});

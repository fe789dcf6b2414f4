import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { install } from "../../src/install.ts";
import { startThrowaway, type ThrowawayServer } from "../../src/server/throwaway.ts";
import { lastgood, newEnv, recorded, spooled, startLastgood } from "../report/support.ts";

// A server of its own, to be stopped and started again.

let server: ThrowawayServer;

beforeAll(async () => {
  server = await startThrowaway({ env: process.env, settings: { synchronous_commit: "on" } });
  await withClient(install);
});
afterAll(() => server.stop());

async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test("a database that goes away during a backup learns of its success when it is back", async () => {
  const env = newEnv({ DATABASE_URL: server.url });
  const script = "echo ready; read go; echo done";
  const running = startLastgood(["exec", "--scope", "db", "--", "sh", "-c", script], env);
  await vi.waitFor(() => expect(running.stdout()).toBe("ready\n"), { timeout: 60_000 });
  expect(await withClient(recorded)).toHaveLength(1);
  await server.kill();
  running.child.stdin?.end("go\n");
  expect(await running.finished).toMatchObject({ status: 0, stdout: "ready\ndone\n" });
  expect(spooled(env)).toHaveLength(1);

  expect(await lastgood(["log-event", "--replay"], env)).toMatchObject({ status: 3 });
  expect(spooled(env)).toHaveLength(1);

  await server.restart();
  // No call of its own is needed: the next report takes it along.
  const next = ["log-event", "--scope", "files", "--status", "completed"];
  expect(await lastgood(next, env)).toMatchObject({ status: 0, stderr: "" });
  expect(spooled(env)).toEqual([]);
  expect(
    (await withClient(recorded)).map(({ log_type_name, scope }) => `${log_type_name} ${scope}`),
  ).toEqual([
    "ENGINE_BACKUP_STARTED db",
    "ENGINE_BACKUP_COMPLETED files",
    "ENGINE_BACKUP_COMPLETED db",
  ]);
});

import { expect, onTestFinished, test } from "vitest";
import { listenForConfig } from "../../src/workers/config-listener.ts";
import { copyTemplate } from "../support/database.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

test("a listener whose line is dead ends when it is asked to, and waits for no goodbye", async () => {
  await using database = await copyTemplate();
  const url = new URL(database.url);
  const proxy = await startTcpProxy({ port: Number(url.port) });
  onTestFinished(() => proxy.stop());
  url.port = String(proxy.port);
  const stopping = new AbortController();
  const listening = Promise.withResolvers<string>();
  const listener = listenForConfig({ connectionString: url.href }, stopping.signal, () =>
    listening.resolve("listening"),
  );
  expect(await listening.promise).toBe("listening");
  proxy.stall();
  stopping.abort();
  await expect(listener).resolves.toBeUndefined();
});

import { setTimeout as delay } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { Sockets } from "./sockets.ts";

/** How long the end of a connection is waited for, in milliseconds. */
const closeMs = 1_000;

/**
 * Calls back when a config key was changed, and after every new connection, when one may have been
 * changed unheard. Connects again for ever, without a word: the pool tells when the database is away.
 *
 * Behind a pooler in transaction mode nothing is ever heard, so this alone is not enough.
 *
 * @returns a promise that ends with the signal
 */
export async function listenForConfig(
  connection: ClientConfig,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const hasConnected = await listenOnce(connection, signal, onChange);
    failures = hasConnected ? 0 : failures + 1;
    const pauseMs = Math.min(15_000, 250 * 2 ** failures);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One connection, from its start to its end; whether it ever stood. */
async function listenOnce(
  connection: ClientConfig,
  signal: AbortSignal,
  onChange: () => void,
): Promise<boolean> {
  const sockets = new Sockets();
  const client = new Client({
    ...connection,
    stream: sockets.stream,
    application_name: "lastgood worker (config)",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const over = (): void => end();
  client.on("error", over).on("end", over).on("notification", onChange);
  signal.addEventListener("abort", over, { once: true });
  try {
    await client.connect();
    await client.query("listen lastgood_config");
    onChange();
    await isOver;
    return true;
  } catch {
    return false;
  } finally {
    signal.removeEventListener("abort", over);
    await Promise.all([client.end().catch(() => undefined), sockets.close(closeMs)]);
  }
}

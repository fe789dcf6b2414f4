import { Socket } from "node:net";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { isDatabaseError, messageOf, UnreachableError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";

const connectTimeoutMs = 10_000;
const libpqVariables = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"];

export interface DatabaseOptions {
  /** From `--database-url`; goes before everything else. */
  readonly databaseUrl?: string | undefined;
  /** Gives the connection up when aborted; without one, Ctrl-C and SIGTERM do. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where the database is: `--database-url`, DATABASE_URL, libpq's PG* variables, the embedded server.
 * A password that is not given is looked up as libpq does, once the server asks for it.
 *
 * @throws UsageError when none of them names one
 */
export async function findDatabase(
  env: Io["env"],
  options: DatabaseOptions,
): Promise<ClientConfig> {
  if (!namesDatabase(env, options)) {
    return await findEmbedded(env);
  }
  const url = options.databaseUrl ?? env["DATABASE_URL"];
  const { passfile, ...config } = url ? fromUrl(url) : fromVariables(env);
  const given = config.password || env["PGPASSWORD"];
  return { ...config, password: given || (() => lookUpPassword(env, passfile, config)) };
}

async function findEmbedded(env: Io["env"]): Promise<ClientConfig> {
  const { readEmbeddedState, embeddedClientConfig } = await import("./server/state.ts");
  const state = await readEmbeddedState(env);
  if (state) {
    return await embeddedClientConfig(state);
  }
  throw new UsageError("no database is named", {
    hint: "Give --database-url, set DATABASE_URL or PGHOST, or start one with: lastgood up",
  });
}

/** Whether a database is configured; without one, the embedded server is meant. */
export function namesDatabase(env: Io["env"], options: DatabaseOptions): boolean {
  return (
    ["DATABASE_URL", ...libpqVariables].some((name) => env[name]) || Boolean(options.databaseUrl)
  );
}

type Settings = ClientConfig & { readonly passfile?: string };

function fromUrl(text: string): Settings {
  try {
    if (!/^postgres(ql)?:\/\//.test(text)) throw new TypeError("no PostgreSQL URL");
    return parseIntoClientConfig(text);
  } catch (cause) {
    throw new UsageError("the database URL cannot be read", {
      cause,
      hint: "It looks like postgresql://user@host:5432/database.",
    });
  }
}

/** `pg` would look into passfiles too, but says at every call that it will not for long. */
async function lookUpPassword(
  env: Io["env"],
  passfile: string | undefined,
  { host, port, database, user }: ClientConfig,
): Promise<string> {
  const path = passfile ?? env["PGPASSFILE"] ?? join(env["HOME"] || homedir(), ".pgpass");
  const { findPassword } = await import("./passfile.ts");
  const name = user ?? userInfo().username;
  const password = await findPassword(path, {
    host: !host || host.startsWith("/") ? "localhost" : host,
    port: port ?? 5432,
    database: database ?? name,
    user: name,
  });
  if (password === undefined) {
    throw new UsageError("the server asks for a password, and none is given", {
      hint: "Set PGPASSWORD, or write it to a passfile: ~/.pgpass or PGPASSFILE.",
    });
  }
  return password;
}

function fromVariables(env: Io["env"]): Settings {
  if (env["PGSERVICE"]) {
    throw new UsageError("PGSERVICE is not supported", {
      hint: "Set PGHOST, PGPORT, PGUSER and PGDATABASE, or DATABASE_URL.",
    });
  }
  const host = env["PGHOSTADDR"] || env["PGHOST"];
  return {
    ...(host ? { host } : {}),
    ...(env["PGPORT"] ? { port: Number(env["PGPORT"]) } : {}),
    ...(env["PGDATABASE"] ? { database: env["PGDATABASE"] } : {}),
    ...(env["PGUSER"] ? { user: env["PGUSER"] } : {}),
  };
}

/**
 * Connects, works, and closes the connection whatever happens.
 *
 * @throws UnreachableError when no connection can be made, or it breaks
 */
export async function withDatabase<T>(
  io: Io,
  options: DatabaseOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const socket = new Socket();
  const client = new Client({
    ...(await findDatabase(io.env, options)),
    application_name: "lastgood",
    connectionTimeoutMillis: connectTimeoutMs,
    stream: () => socket,
  });
  let broken: Error | undefined;
  client.on("error", (error) => {
    broken = error;
  });
  const signal = options.signal ?? io.signal;
  const giveUp = (): void => {
    broken = new Error("given up");
    // To end the client politely would wait for a server that says nothing.
    socket.destroy(broken);
  };
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await connect(client);
    return await work(client);
  } catch (error) {
    throw isConnectionLoss(error, broken)
      ? new UnreachableError(`the database went away: ${messageOf(error)}`, { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", giveUp);
    await client.end().catch(() => undefined);
  }
}

/** @throws UnreachableError with a hint, when no connection can be made */
export async function connect(client: Client): Promise<void> {
  try {
    await client.connect();
  } catch (cause) {
    if (cause instanceof UsageError) {
      throw cause;
    }
    const how = isDatabaseError(cause) ? "takes no connection" : "does not answer";
    const hint = isDatabaseError(cause) ? refusalHints[cause.code] : embeddedHint(client.host);
    throw new UnreachableError(`the database ${how}: ${messageOf(cause)}`, {
      cause,
      hint: hint ?? "Are --database-url, DATABASE_URL or the PG* variables right?",
    });
  }
}

/** What to do where a server answered and refused, by SQLSTATE. */
const refusalHints: Readonly<Record<string, string>> = {
  "28P01": "Is the password right? It comes from the URL, PGPASSWORD or a passfile.",
  "28000": "Does the server let this role in from here? See its pg_hba.conf.",
  "3D000": "Create the database first, or name another one.",
  "53300": "All its connections are taken. Try again, or raise max_connections.",
  "57P03": "The server is starting up or shutting down. Try again in a moment.",
};

/** The embedded server is reached through a socket in its own folder. */
function embeddedHint(host: string): string {
  return host.startsWith("/")
    ? "Is the server running? The one that lastgood made is started with: lastgood up"
    : "Is it running, and are --database-url, DATABASE_URL or the PG* variables right?";
}

/** Classes 08 and 57P0n of SQLSTATE say so; a socket that broke under us does not even have one. */
function isConnectionLoss(error: unknown, broken: Error | undefined): boolean {
  if (error instanceof UnreachableError) {
    return false;
  }
  return isDatabaseError(error) ? /^(08|57P0[1-5])/.test(error.code) : broken !== undefined;
}

import { Socket } from "node:net";
import { userInfo } from "node:os";
import type { ConnectionOptions } from "node:tls";
import { Client, type ClientConfig } from "pg";
import { parse } from "pg-connection-string";
import { isDatabaseError, messageOf, UnreachableError, UsageError } from "../errors.ts";
import { findPassword } from "../passfile.ts";
import { isSecretRef, resolveSecret } from "../secrets.ts";
import { childEnv, type Env } from "../server/run.ts";

/** A server with a login, for `pg` and for the programs of PostgreSQL alike. */
export interface Target {
  readonly config: ClientConfig;
  /** What libpq needs to know, apart from the password. */
  readonly variables: Readonly<Record<string, string>>;
  readonly user: string;
  readonly database: string;
  /** Whether the URL names a database itself. */
  readonly namesDatabase: boolean;
  readonly password: string;
}

const connectTimeoutMs = 10_000;

/** Parameters of a URL that libpq's environment has a name for. */
const libpqVariables: Readonly<Record<string, string>> = {
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  channel_binding: "PGCHANNELBINDING",
  gssencmode: "PGGSSENCMODE",
  options: "PGOPTIONS",
};

/**
 * Reads a URL, or the one that `secret:NAME` stands for. No variable of the caller has a say.
 *
 * @throws UsageError that shows nothing of the URL
 */
export async function resolveTarget(reference: string, env: Env): Promise<Target> {
  if (!isSecretRef(reference)) return readTarget(reference.trim(), reference);
  const text = (await resolveSecret(reference, env)).trim();
  return await withPassword(readTarget(text, reference), text);
}

/** Only a secret may name a passfile: who may write a setting must not choose files of ours to read. */
async function withPassword(target: Target, text: string): Promise<Target> {
  const passfile = queryOf(text).get("passfile");
  if (target.password !== "" || passfile === null) return target;
  const { config, user, database } = target;
  const host = config.host?.startsWith("/") ? "localhost" : (config.host ?? "localhost");
  const login = { host, port: config.port ?? 5432, user, database };
  return { ...target, password: (await findPassword(passfile, login)) ?? "" };
}

function readTarget(text: string, reference: string): Target {
  try {
    return targetOf(text);
  } catch {
    // The cause would show the URL, and with it the password.
    const name = isSecretRef(reference) ? `of ${reference} ` : "";
    throw new UsageError(`the database URL ${name}cannot be read`, {
      hint: "Name a database as secret:NAME, or as postgresql://user@host:5432/database.",
    });
  }
}

function targetOf(text: string): Target {
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw new TypeError("no PostgreSQL URL");
  const query = queryOf(text);
  const given = parse(withoutWeakTls(text), { useLibpqCompat: true });
  const user = given.user || userInfo().username;
  const named = databaseIn(text) || query.get("dbname") || undefined;
  const config = configOf(given, user, named ?? user);
  return {
    config,
    variables: libpqOf(config, query),
    user,
    database: named ?? user,
    namesDatabase: named !== undefined,
    password: given.password ?? "",
  };
}

function queryOf(text: string): URLSearchParams {
  return new URLSearchParams(/\?(?<query>[^#]*)/.exec(text)?.groups?.["query"] ?? "");
}

/** Leaves nothing out: `pg` would look for it in our environment. */
function configOf(given: ReturnType<typeof parse>, user: string, database: string): ClientConfig {
  return {
    host: given.host || "localhost",
    port: Number(given.port || 5432),
    user,
    database,
    ssl: (given.ssl ?? false) as boolean | ConnectionOptions,
    options: given.options ?? "",
    connectionTimeoutMillis: connectTimeoutMs,
  };
}

/** Read here, for the parser leaves %2F and its like in a name. */
function databaseIn(text: string): string {
  const path = /^[a-z]+:\/\/[^/?#]*\/(?<path>[^?#]*)/.exec(text)?.groups?.["path"];
  return decodeURIComponent(path ?? "");
}

/** `pg` knows no "TLS if there is any": libpq may use it, we do without unless it is required. */
function withoutWeakTls(text: string): string {
  return text.replace(/(?<before>[?&])sslmode=(?:prefer|allow)(?=&|$)/, "$<before>");
}

function libpqOf(config: ClientConfig, query: URLSearchParams): Record<string, string> {
  const variables: Record<string, string> = {
    PGHOST: String(config.host),
    PGPORT: String(config.port),
    PGUSER: String(config.user),
    PGCONNECT_TIMEOUT: String(connectTimeoutMs / 1000),
  };
  for (const [parameter, variable] of Object.entries(libpqVariables)) {
    const value = query.get(parameter);
    if (value !== null) variables[variable] = value;
  }
  return variables;
}

/** The same server and login, another database. */
export function inDatabase(target: Target, database: string): Target {
  return { ...target, database, config: { ...target.config, database } };
}

/** The environment for a program of PostgreSQL; `passfile` as `writePassfile` left it. */
export function programEnv(
  target: Target,
  { env, runName, passfile }: { env: Env; runName: string; passfile: string },
): Record<string, string> {
  return {
    ...childEnv(env),
    ...target.variables,
    PGDATABASE: target.database,
    PGAPPNAME: applicationName(runName),
    PGPASSFILE: passfile,
  };
}

/** A name as the server keeps it: 63 bytes at most. */
export function applicationName(runName: string): string {
  return Buffer.from(runName, "utf8")
    .subarray(0, 63)
    .toString("latin1")
    .replaceAll(/[^ -~]/g, "?");
}

/** For `-d`, where a name alone might be taken for a connection string. */
export function conninfo(database: string): string {
  return `dbname='${database.replaceAll(/[\\']/g, "\\$&")}'`;
}

export interface ConnectOptions {
  readonly runName: string;
  readonly signal: AbortSignal;
}

/** A connection that is given up when the signal says so; the caller ends it. */
export async function connectTo(target: Target, options: ConnectOptions): Promise<Client> {
  options.signal.throwIfAborted();
  const socket = new Socket();
  const client = new Client({
    ...target.config,
    application_name: applicationName(options.runName),
    password: () => passwordOf(target),
    stream: () => socket,
  });
  client.on("error", () => undefined);
  // To end the client politely would wait for a server that says nothing.
  const giveUp = (): unknown => socket.destroy(new Error("given up"));
  options.signal.addEventListener("abort", giveUp, { once: true });
  client.on("end", () => options.signal.removeEventListener("abort", giveUp));
  try {
    await client.connect();
    return client;
  } catch (error) {
    options.signal.removeEventListener("abort", giveUp);
    socket.destroy();
    options.signal.throwIfAborted();
    throw unreachable(error, target);
  }
}

function passwordOf(target: Target): string {
  if (target.password !== "") return target.password;
  throw new UsageError("the server asks for a password, and the URL has none", {
    hint: "Keep the whole URL, with the password or ?passfile=PATH, as a secret and name it: secret:NAME.",
  });
}

const refusalHints: Readonly<Record<string, string>> = {
  "28P01": "Is the password in the URL right?",
  "28000": "Does the server let this role in from here, with or without TLS? See its pg_hba.conf.",
  "3D000": "Create the database first, or name another one.",
  "53300": "All its connections are taken. Try again, or raise max_connections.",
  "57P03": "The server is starting up or shutting down. Try again in a moment.",
};

/** A database as people know it; nothing of the login. */
export function nameOf({ config, database }: Target): string {
  return `database "${database}" at ${config.host}:${config.port}`;
}

function unreachable(cause: unknown, target: Target): unknown {
  if (cause instanceof UsageError) return cause;
  const where = nameOf(target);
  if (!isDatabaseError(cause)) {
    return new UnreachableError(`${where} does not answer: ${messageOf(cause)}`, {
      cause,
      hint: "Is the server running, and is the URL right?",
    });
  }
  return new UnreachableError(`${where} takes no connection: ${messageOf(cause)}`, {
    cause,
    hint: refusalHints[cause.code] ?? "Is the URL right?",
  });
}

/** Tells a run that was given up, or whose server went away, from one that failed. */
export async function explained<T>(
  { signal }: Pick<ConnectOptions, "signal">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!isConnectionLoss(error)) throw error;
    throw new UnreachableError(`the server went away: ${messageOf(error)}`, {
      cause: error,
      hint: "Is it running? Its log says why the connection ended.",
    });
  }
}

/** Classes 08 and 57P0n of SQLSTATE; what `pg` says of a broken connection has none. */
export function isConnectionLoss(error: unknown): boolean {
  if (isDatabaseError(error)) return /^(?:08|57P0[1-5])/.test(error.code);
  return (
    error instanceof Error &&
    /^(?:Connection terminated|Client has encountered)/.test(error.message)
  );
}

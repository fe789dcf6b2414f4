import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { writeAtomically } from "./files.ts";
import type { Login } from "./launch.ts";
import { readPassfile } from "../passfile.ts";
import type { Env } from "./run.ts";

// Kept free of heavy imports: `lastgood status` reads the state before it knows whether it needs a server.

/** What is remembered of the embedded server between commands; holds no password. */
export interface EmbeddedState {
  readonly host: string;
  readonly port: number;
  readonly socketFolder: string;
  readonly user: string;
  readonly database: string;
  readonly passfile: string;
  readonly dataFolder: string;
  /** The server's version, such as "15.18". */
  readonly version: string;
  /** Of the server; null after a clean stop, and possibly out of date after a crash. */
  readonly pid: number | null;
  /** Identity of the process that stops the server when it ends. */
  readonly startedBy: string | null;
}

/** Where the embedded server, its password and its state live. */
export function homeFolder(env: Env): string {
  const chosen = env["LASTGOOD_HOME"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  if (process.getuid?.() === 0) return "/var/lib/lastgood";
  const data = env["XDG_DATA_HOME"];
  if (data !== undefined && isAbsolute(data)) return join(data, "lastgood");
  return join(env["HOME"] || homedir(), ".local", "share", "lastgood");
}

/**
 * The embedded server's settings, or undefined where there never was one. Reads one small file; the
 * server may be down. Throws `UsageError` where the file is not ours to read or damaged.
 */
export async function readEmbeddedState(env: Env): Promise<EmbeddedState | undefined> {
  const path = stateFile(env);
  try {
    return parseState(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new UsageError(`the state of the embedded server in ${path} cannot be read`, {
      cause,
      hint: "Run this as the user who started it; a damaged file is rebuilt by `lastgood up` once removed.",
    });
  }
}

export async function writeEmbeddedState(env: Env, state: EmbeddedState): Promise<void> {
  await writeAtomically(stateFile(env), `${JSON.stringify(state, undefined, 2)}\n`);
}

function stateFile(env: Env): string {
  return join(homeFolder(env), "state.json");
}

function parseState(value: unknown): EmbeddedState {
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  const fields = value as Record<keyof EmbeddedState, unknown>;
  return {
    host: text(fields.host),
    port: integer(fields.port),
    socketFolder: text(fields.socketFolder),
    user: text(fields.user),
    database: text(fields.database),
    passfile: text(fields.passfile),
    dataFolder: text(fields.dataFolder),
    version: text(fields.version),
    pid: fields.pid === null ? null : integer(fields.pid),
    startedBy: fields.startedBy === null ? null : text(fields.startedBy),
  };
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a text is missing");
  return value;
}

function integer(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value))
    throw new TypeError("a number is missing");
  return value;
}

/** The URL for libpq's tools, which read the password from the passfile; it holds none itself. */
export function embeddedUrl(state: EmbeddedState): string {
  const passfile = encodeURIComponent(state.passfile)
    .replaceAll("%2F", "/")
    // Harmless in a URL, but not inside the double quotes of a shell.
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const { user, host, port, database } = state;
  return `postgresql://${user}@${host}:${port}/${database}?passfile=${passfile}`;
}

/**
 * Settings for `pg`, password included. They go through the socket: its folder is closed to other users,
 * so that whoever took the port of a stopped server cannot be given the password.
 */
export async function embeddedClientConfig(state: EmbeddedState): Promise<Login> {
  const { port, user, database } = state;
  const password = await readPassfile(state.passfile, { host: state.host, port, user, database });
  return { host: state.socketFolder, port, user, database, password, ssl: false };
}

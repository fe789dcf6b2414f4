import { execFile, type ExecFileException } from "node:child_process";
import { promisify } from "node:util";
import { ProgramError } from "../errors.ts";
import type { Io } from "../io.ts";

/** The caller's environment; nothing here reads the real one. */
export type Env = Io["env"];

/** Whose rights a child process gets; see `serverOwner`. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** The user who runs us; then nothing is changed. */
  readonly isSelf: boolean;
}

export interface RunOptions {
  readonly env: Env;
  readonly runAs?: RunAs;
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Undefined when the program could not be started, or was ended by a signal. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** What the program said on stderr, else why it could not run. */
  readonly stderr: string;
}

const execFileAsync = promisify(execFile);

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A small environment for children: no `PG*` variable of the caller, and a locale that exists everywhere. */
export function childEnv(env: Env): Record<string, string> {
  const kept = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"] as const;
  const child: Record<string, string> = { PATH: env["PATH"] ?? defaultPath, LC_ALL: "C" };
  for (const name of kept) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  return child;
}

/** The part of spawn's options that changes the user. */
export function identity(runAs: RunAs | undefined): { uid?: number; gid?: number } {
  return runAs === undefined || runAs.isSelf ? {} : { uid: runAs.uid, gid: runAs.gid };
}

/** Runs a short program without a shell and reads all it says; never rejects. */
export async function tryRun(
  path: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const settings = {
    // A folder that every user can be in: the caller's own may be closed to another one.
    cwd: "/",
    env: childEnv(options.env),
    timeout: options.timeoutMs ?? 0,
    ...identity(options.runAs),
  };
  try {
    const { stdout, stderr } = await execFileAsync(path, args, settings);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, message, stdout, stderr } = error as ExecFileException;
    const said = stderr === undefined || stderr === "" ? message : stderr;
    const status = typeof code === "number" ? code : undefined;
    return { status, stdout: stdout ?? "", stderr: said };
  }
}

/** As `tryRun`, but any end other than status 0 is a `ProgramError` with what the program said. */
export async function run(
  path: string,
  args: readonly string[],
  options: RunOptions & { readonly hint: string },
): Promise<string> {
  const result = await tryRun(path, args, options);
  if (result.status === 0) return result.stdout;
  const how = result.status === undefined ? "could not run" : `ended with status ${result.status}`;
  const message = `${path} ${how}: ${lastLines(result.stderr, 20)}`;
  throw new ProgramError(message, { hint: options.hint });
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

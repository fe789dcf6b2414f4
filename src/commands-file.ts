import { open, realpath, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { NotFoundError, UsageError } from "./errors.ts";
import type { Env } from "./server/run.ts";

const defaultPath = "/etc/lastgood/commands.json";

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const hintForm =
  'It looks like {"commands": {"NAME": {"backup": ["/usr/bin/program", "argument"], "restore": ["/usr/bin/program"], "output": "stdout"}}}; restore may be left out, output is stdout or path.';

/** Either absolute or looked up in PATH: what `./program` is depends on where the worker runs. */
const program = z
  .string()
  .regex(/^(?:\/[^\0]*|[^\0/]+)$/, "must be an absolute path, or a name without slashes");

const call = z.tuple([program], z.string().regex(/^[^\0]*$/, "must not have a NUL"));

const schema = z.strictObject({
  commands: z.record(
    z.string().regex(name, "must have letters, digits, dots, dashes and underscores alone"),
    z.strictObject({
      backup: call,
      restore: call.optional(),
      output: z.enum(["stdout", "path"]),
    }),
  ),
});

/** A program and its arguments, to be started without a shell. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
}

/** What the commands file says of a name; the program and arguments are those that back up. */
export interface Command extends ProgramCall {
  /** Where the program leaves the backup: on its stdout, or at a path that it is given. */
  readonly mode: "stdout" | "path";
  readonly restore?: ProgramCall;
}

/**
 * Finds a command by its name in $LASTGOOD_COMMANDS_FILE, default /etc/lastgood/commands.json. The
 * database holds names alone, so that whoever may write there cannot run programs here.
 *
 * @throws NotFoundError for a name that is not in the file; UsageError where the file is missing, not
 * as it should be, or could have been written by somebody else than root and the user who runs this
 */
export async function findCommand(commandName: string, env: Env): Promise<Command> {
  const path = env["LASTGOOD_COMMANDS_FILE"] || defaultPath;
  const { commands } = parse(path, await readTrusted(path));
  const found = Object.hasOwn(commands, commandName) ? commands[commandName] : undefined;
  if (found === undefined) {
    const names = Object.keys(commands).toSorted().join(", ");
    throw new NotFoundError(`${path} has no command "${commandName}"`, {
      hint: names === "" ? "It has no commands yet." : `It has ${names}.`,
    });
  }
  const { backup, restore, output } = found;
  return {
    ...programCall(backup),
    mode: output,
    ...(restore === undefined ? {} : { restore: programCall(restore) }),
  };
}

function programCall([first, ...args]: readonly [string, ...string[]]): ProgramCall {
  return { program: first, args };
}

function parse(path: string, text: string): z.infer<typeof schema> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not JSON`, { cause, hint: hintForm });
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const problems = result.error.issues.map(describe);
  throw new UsageError(`${path}: ${problems.join("; ")}`, { hint: hintForm });
}

function describe(issue: z.core.$ZodIssue): string {
  const key = issue.path.join(".");
  const place = key === "" ? "" : ` in "${key}"`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((unknown) => `"${unknown}" is not known${place}`).join("; ");
  }
  const [message] = issue.code === "invalid_key" ? issue.issues.map((each) => each.message) : [];
  return `${key === "" ? "the whole" : `"${key}"`}: ${message ?? issue.message}`;
}

async function readTrusted(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    const real = await realpath(path);
    file = await open(real, "r");
    checkOwner(real, await file.stat());
    const folder = dirname(real);
    checkOwner(folder, await stat(folder));
    return await file.readFile("utf8");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new UsageError(
      `the commands file ${path} ${isMissing ? "is not there" : "cannot be read"}`,
      {
        cause,
        hint: isMissing
          ? `${hintForm} LASTGOOD_COMMANDS_FILE names another file.`
          : "Run this as its owner.",
      },
    );
  } finally {
    await file?.close();
  }
}

/** @throws UsageError for what somebody else may write to: that would be to run programs as us */
function checkOwner(path: string, { uid, mode }: { uid: number; mode: number }): void {
  const self = process.geteuid?.() ?? uid;
  if (uid !== 0 && uid !== self) {
    throw new UsageError(`${path} belongs to another user, with id ${uid}`, {
      hint: `Its programs run as this user, so it has to be root's or yours: chown ${self} ${path}`,
    });
  }
  if ((mode & 0o022) === 0) return;
  throw new UsageError(`${path} can be written to by others`, {
    hint: `Its programs run as this user: chmod go-w ${path}`,
  });
}

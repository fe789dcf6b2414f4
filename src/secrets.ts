import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./errors.ts";
import type { Env } from "./server/run.ts";

const reference = /^secret:(?<name>[A-Za-z0-9_]+)$/;

const defaultFolder = "/etc/lastgood/secrets";

/** Whether a text names a secret: `secret:NAME`. */
export function isSecretRef(text: string): boolean {
  return reference.test(text);
}

/**
 * The value of `secret:NAME`: the variable LASTGOOD_SECRET_NAME, in upper case, or the file NAME in
 * the folder of secrets, without its last line end.
 *
 * @throws UsageError where there is none, or the file can be read by others; it never has the value
 */
export async function resolveSecret(ref: string, env: Env): Promise<string> {
  const name = reference.exec(ref)?.groups?.["name"];
  if (name === undefined) {
    // The text is not repeated: it may be a value that was given in place of a name.
    throw new UsageError("what should name a secret does not", {
      hint: "Write secret:NAME, where NAME has letters, digits and underscores.",
    });
  }
  const variable = `LASTGOOD_SECRET_${name.toUpperCase()}`;
  const path = join(env["LASTGOOD_SECRETS_DIR"] || defaultFolder, name);
  const value = env[variable] || (await readSecret(path));
  if (value !== undefined && value !== "") return value;
  const found = value === undefined ? "is not there" : "is empty";
  throw new UsageError(`the secret "${name}" ${found}`, {
    hint: `Set the variable ${variable}, or write the file ${path} with mode 600.`,
  });
}

/** Undefined where there is no such file. */
async function readSecret(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    // Of the file that is open: another one may be at its path a moment later.
    await checkPrivate(file, path);
    return (await file.readFile("utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new UsageError(`the file of a secret, ${path}, cannot be read`, {
      cause,
      hint: "Run this as the user whose file it is.",
    });
  } finally {
    await file?.close();
  }
}

async function checkPrivate(file: FileHandle, path: string): Promise<void> {
  const { mode } = await file.stat();
  if ((mode & 0o077) === 0) return;
  throw new UsageError(`the file of a secret, ${path}, can be used by others`, {
    hint: `Close it: chmod 600 ${path}. Then change the secret, which may be known by now.`,
  });
}

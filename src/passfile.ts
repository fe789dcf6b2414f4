import { readFile, stat } from "node:fs/promises";
import { UsageError } from "./errors.ts";
import { writeAtomically } from "./server/files.ts";

export interface PassfileLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Writes a file as libpq's PGPASSFILE, readable for us alone; it holds for any address of the server. */
export async function writePassfile(path: string, user: string, password: string): Promise<void> {
  const escaped = [user, password].map((field) => field.replaceAll(/[\\:]/g, "\\$&"));
  await writeAtomically(path, `*:*:*:${escaped.join(":")}\n`);
}

/**
 * The first password in a passfile that fits, as libpq chooses it; undefined where none does.
 *
 * @throws UsageError for a file that cannot be read, or that others can read too
 */
export async function findPassword(
  path: string,
  login: PassfileLogin,
): Promise<string | undefined> {
  const text = await readPrivate(path);
  const wanted = [login.host, String(login.port), login.database, login.user];
  for (const line of text.split(/\r?\n/).filter((each) => !each.startsWith("#"))) {
    const fields = [...line.matchAll(/(?:[^:\\]|\\.)+/g)].map(([field]) =>
      field.replaceAll(/\\(?<char>.)/g, "$<char>"),
    );
    const password = fields[4];
    const fits = wanted.every((value, index) => fields[index] === "*" || fields[index] === value);
    if (fits && password !== undefined) return password;
  }
  return undefined;
}

/** As {@link findPassword}, for a file that must have one. */
export async function readPassfile(path: string, login: PassfileLogin): Promise<string> {
  const password = await findPassword(path, login);
  if (password === undefined) {
    throw new UsageError(`the passfile ${path} has no password for user ${login.user}`, {
      hint: "A line is host:port:database:user:password, each of the first four may be *.",
    });
  }
  return password;
}

async function readPrivate(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new UsageError(`the passfile ${path} can be read by others`, {
        hint: `Close it: chmod 600 ${path}`,
      });
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`the passfile ${path} cannot be read`, {
      cause,
      hint: "Run this as the user whose file it is.",
    });
  }
}

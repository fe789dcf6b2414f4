import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { writeAtomically } from "./files.ts";

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

/** The first password in a passfile that fits, as libpq chooses it. Throws `UsageError` where none does. */
export async function readPassfile(path: string, login: PassfileLogin): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`the passfile ${path} cannot be read`, {
      cause,
      hint: "Run this as the user who started the server.",
    });
  }
  const wanted = [login.host, String(login.port), login.database, login.user];
  for (const line of text.split("\n").filter((each) => !each.startsWith("#"))) {
    const fields = [...line.matchAll(/(?:[^:\\]|\\.)+/g)].map(([field]) =>
      field.replaceAll(/\\(?<char>.)/g, "$<char>"),
    );
    const password = fields[4];
    const fits = wanted.every((value, index) => fields[index] === "*" || fields[index] === value);
    if (fits && password !== undefined) return password;
  }
  throw new UsageError(`the passfile ${path} has no password for user ${login.user}`);
}

import { readFile } from "node:fs/promises";

/** Names of users and groups by their numbers. */
export interface Accounts {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

/** Those of this machine's own files; names that only a directory service knows stay numbers. */
export async function readAccounts(): Promise<Accounts> {
  return { users: await namesIn("/etc/passwd"), groups: await namesIn("/etc/group") };
}

async function namesIn(path: string): Promise<Map<number, string>> {
  const text = await readFile(path, "utf8").catch(() => "");
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , id] = line.split(":");
    const number = Number.parseInt(id ?? "", 10);
    // The first of several names is the one that every program shows.
    if (name !== undefined && !Number.isNaN(number) && !names.has(number)) names.set(number, name);
  }
  return names;
}

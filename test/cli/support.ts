import type { Client } from "pg";

/** The cells of a table, by its lines; cells are two blanks apart. */
export function cellsOf(table: string): string[][] {
  return table.split("\n").map((line) => line.split(/ {2,}/));
}

/** A source that a backup could be named after; returns its name. */
export async function addSource(client: Client, name: string): Promise<string> {
  await client.query("select lastgood.add_source($1, 'files', 'shop.test', 'files')", [name]);
  return name;
}

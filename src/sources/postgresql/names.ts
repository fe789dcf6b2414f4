import type { Item } from "../../manifest/entry.ts";

/** The folder of a database among the entries of a backup: any name, as one plain segment. */
export function folderOf(database: string): string {
  const bytes = Buffer.from(database, "utf8").toString("latin1");
  return bytes.replaceAll(/[^A-Za-z0-9_-]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

/** Names with dots between them, one with a dot of its own in quotes: no two objects share a name. */
export function dotted(...names: readonly string[]): string {
  return names.map((name) => (/[."\p{Cc}]/u.test(name) ? quoted(name) : name)).join(".");
}

/** A name as SQL takes it, whatever it is. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL takes it, with standard_conforming_strings. */
export function literal(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

/** What items of a PostgreSQL backup say of themselves. */
export interface ItemDetails {
  readonly database?: string;
  readonly schema?: string;
  readonly table?: string;
}

export function detailsOf(item: Item): ItemDetails {
  const text = (key: string): string | undefined => {
    const value = item.details?.[key];
    return typeof value === "string" ? value : undefined;
  };
  const [database, schema, table] = [text("database"), text("schema"), text("table")];
  return {
    ...(database === undefined ? {} : { database }),
    ...(schema === undefined ? {} : { schema }),
    ...(table === undefined ? {} : { table }),
  };
}

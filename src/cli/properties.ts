import { formatTime, renderTable } from "../format.ts";

/** One row for people: a line a column, those without a value left out. */
export function renderProperties(row: object): string {
  const rows = Object.entries(row)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, textOf(value)]);
  return renderTable(["PROPERTY", "VALUE"], rows);
}

/** A value for people, on one line. */
export function textOf(value: unknown): string {
  if (value instanceof Date) return formatTime(value);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.length === 0 ? "none" : value.join(", ");
  }
  if (typeof value !== "object" || Array.isArray(value)) return plain(value);
  return Object.entries(value ?? {})
    .map(([name, each]) => `${name}=${plain(each)}`)
    .join(", ");
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

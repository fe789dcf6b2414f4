import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

export function readPage(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The pages of the project, by their paths. */
export function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder)).map((name) => join(folder, name));
  return [
    ...below("."),
    ...below("docs"),
    ...below("examples"),
    ...below("sql"),
    ...below("sql/migrations"),
    ...below("bench"),
  ].filter((path) => path.endsWith(".md"));
}

/** A page without its fenced blocks. */
export function prose(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, "");
}

/** The fenced blocks of a page: those of one language, "" for none named, or all of them. */
export function fencedBlocks(text: string, language?: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].flatMap(([, named, block = ""]) =>
    language === undefined || named === language ? [block] : [],
  );
}

/** The rows of the first table below a heading, a list of cells each. */
export function tableBelow(text: string, heading: string): string[][] {
  const start = text.split("\n").indexOf(heading);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const lines = text.split("\n").slice(start + 1);
  const first = lines.findIndex((line) => line.startsWith("| ---"));
  const next = lines.findIndex((line) => line.startsWith("#"));
  if (first < 0 || (next >= 0 && next < first)) throw new Error(`no table below "${heading}"`);
  const rows = lines.slice(first + 1);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .slice(1, line.lastIndexOf("|"))
      .split(" |")
      .map((cell) => cell.trim()),
  );
}

/** What stands in backquotes. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "");
}

/** The names in the first column of a table. */
export function names(table: readonly (readonly string[])[]): string[] {
  return table.flatMap(([cell = ""]) => codeSpans(cell));
}

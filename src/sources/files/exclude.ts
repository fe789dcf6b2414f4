import { latin1Of } from "../../byte-path.ts";
import { globSource } from "../../glob.ts";

/** Whether an entry, and all below it, is left out; `path` has one character a byte. */
export type IsExcluded = (path: string, isDirectory: boolean) => boolean;

/**
 * Reads patterns as in a .gitignore at the top of the folder: `*` and `?` stay within a name, `**` does
 * not; with a `/` before the end a pattern counts from the top, else for names everywhere; one that
 * ends with `/` is for folders alone.
 */
export function excluder(patterns: readonly string[]): IsExcluded {
  if (patterns.length === 0) return () => false;
  const rules = patterns.map((pattern) => ({
    isForFolders: pattern.endsWith("/"),
    expression: expressionOf(latin1Of(pattern)),
  }));
  return (path, isDirectory) =>
    rules.some((rule) => (isDirectory || !rule.isForFolders) && rule.expression.test(path));
}

function expressionOf(pattern: string): RegExp {
  const body = pattern.replace(/\/+$/, "");
  const isAnchored = body.includes("/");
  const source = globSource(body.replace(/^\/+/, ""));
  return new RegExp(`${isAnchored ? "^" : "(?:^|/)"}${source}$`, "s");
}

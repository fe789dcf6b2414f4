/** A pattern of pg_dump as two regular expressions; without a schema it holds for all of them. */
export interface TablePattern {
  readonly schema: string | null;
  readonly name: string;
}

/**
 * Reads a pattern as pg_dump's `-T` does: `*` and `?` are wild, a dot parts schema and table, what
 * is not in double quotes is lower case. Only for estimates: pg_dump itself decides.
 */
export function parsePattern(pattern: string): TablePattern {
  const parts = [""];
  for (const [token] of pattern.matchAll(/"(?:[^"]|"")*"?|[^"]/gs)) {
    if (token === ".") parts.push("");
    else parts.push(`${parts.pop() ?? ""}${expressionOf(token)}`);
  }
  const [name = "", schema] = parts.toReversed();
  return { schema: schema === undefined ? null : `^(?:${schema})$`, name: `^(?:${name})$` };
}

function expressionOf(token: string): string {
  if (token.startsWith('"')) return escaped(token.replaceAll(/^"|"$/g, "").replaceAll('""', '"'));
  if (token === "*") return ".*";
  if (token === "?") return ".";
  return token === "$" ? "\\$" : token.toLowerCase();
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/*
 * Patterns for paths with one character a byte: `*` and `?` stay within a name, `**` does not, and all
 * else stands for itself. Names that begin with a dot are names as any other.
 */

/** What a pattern stands for, as the source of a regular expression with the flag `s`. */
export function globSource(pattern: string): string {
  return pattern
    .split(/(\*\*\/|\/\*\*$|\*\*|\*|\?)/)
    .map((part) => wild.get(part) ?? part.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&"))
    .join("");
}

const wild = new Map([
  ["**/", "(?:.*/)?"],
  ["/**", "/.*"],
  ["**", ".*"],
  ["*", "[^/]*"],
  // One character, which in UTF-8 may be several bytes.
  ["?", "(?:[\\xc2-\\xf4][\\x80-\\xbf]+|[^/])(?![\\x80-\\xbf])"],
]);

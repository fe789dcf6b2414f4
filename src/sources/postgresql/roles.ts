/** Statements that make one role what it was. */
export interface RoleStatements {
  readonly role: string;
  readonly statements: readonly string[];
}

export interface Membership {
  readonly role: string;
  readonly member: string;
  readonly statement: string;
}

export interface Roles {
  readonly roles: readonly RoleStatements[];
  readonly memberships: readonly Membership[];
}

/**
 * Reads the roles out of what `pg_dumpall --globals-only` wrote. Only statements of the few forms
 * that it has for roles are taken; whatever else stands there is never run.
 */
export function parseRoles(text: string): Roles {
  const roles = new Map<string, string[]>();
  const memberships: Membership[] = [];
  for (const tokens of statementsIn(text)) {
    const words = tokens.map((token) => token.toUpperCase());
    const form = formOf(words);
    if (form === "create") roles.set(nameOf(tokens[2]), [tokens.join(" ")]);
    if (form === "alter") roles.get(nameOf(tokens[2]))?.push(tokens.join(" "));
    if (form === "comment") roles.get(nameOf(tokens[3]))?.push(tokens.join(" "));
    if (form === "grant") memberships.push(membershipOf(tokens, words));
  }
  return {
    roles: [...roles].map(([role, statements]) => ({ role, statements })),
    memberships,
  };
}

function formOf(words: readonly string[]): "create" | "alter" | "comment" | "grant" | undefined {
  const [first, second, third, fourth] = words;
  const start = `${first} ${second}`;
  if (start === "CREATE ROLE") return words.length === 3 ? "create" : undefined;
  if (start === "ALTER ROLE") return fourth === "WITH" || fourth === "SET" ? "alter" : undefined;
  if (start === "COMMENT ON") return third === "ROLE" ? "comment" : undefined;
  return first === "GRANT" && third === "TO" ? "grant" : undefined;
}

/** Without the grantor, who may not be there. */
function membershipOf(tokens: readonly string[], words: readonly string[]): Membership {
  const grantor = words.indexOf("GRANTED", 4);
  const kept = grantor === -1 ? tokens : tokens.slice(0, grantor);
  return { role: nameOf(tokens[1]), member: nameOf(tokens[3]), statement: kept.join(" ") };
}

/** The tokens of each statement: names and texts in quotes are one token, whatever they hold. */
function* statementsIn(text: string): Generator<readonly string[]> {
  const token =
    /(?<skip>\s+|--[^\n]*|^\\[^\n]*)|(?:E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|,|[^\s;,'"]+)/gmsy;
  let statement: string[] = [];
  for (const match of text.matchAll(token)) {
    const [found] = match;
    if (match.groups?.["skip"] !== undefined) continue;
    if (found !== ";") {
      statement.push(found);
      continue;
    }
    yield statement;
    statement = [];
  }
}

function nameOf(token = ""): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
}

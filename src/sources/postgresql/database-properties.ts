import type { Client } from "pg";
import { messageOf } from "../../errors.ts";
import type { DatabaseFacts } from "./graph.ts";
import { quoted } from "./names.ts";
import type { RestoreChoices } from "./restore-options.ts";

/**
 * Gives a database the settings, the rights and the owner of the original. What the login may not do,
 * or what names a role that is not there, becomes a warning: the data is whole without it.
 */
export async function applyProperties(
  client: Client,
  name: string,
  facts: DatabaseFacts,
  { hasOwners }: RestoreChoices,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const attempt = async (what: string, statements: readonly Statement[]): Promise<void> => {
    try {
      await client.query("begin");
      for (const { text, values } of statements) await client.query(text, [...(values ?? [])]);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      warnings.push(`${what} could not be set: ${messageOf(error)}`);
    }
  };
  const database = quoted(name);
  for (const { role, settings } of facts.settings ?? []) {
    if (role !== null && !hasOwners) continue;
    for (const setting of settings) {
      await attempt(`the setting ${setting}`, settingStatements(database, role, setting));
    }
  }
  if (!hasOwners) return warnings;
  if (facts.grants !== null)
    await attempt("the rights on the database", grantStatements(database, facts.grants));
  await attempt(`the owner ${facts.owner}`, [
    { text: `alter database ${database} owner to ${quoted(facts.owner)}` },
  ]);
  return warnings;
}

interface Statement {
  readonly text: string;
  readonly values?: readonly string[];
}

/** By way of our own session, for the server then quotes lists such as search_path as it should. */
function settingStatements(
  database: string,
  role: string | null,
  setting: string,
): readonly Statement[] {
  const cut = setting.indexOf("=");
  const parameter = setting.slice(0, cut);
  const whose = role === null ? "" : `role ${quoted(role)} in `;
  const variable = parameter.split(".").map(quoted).join(".");
  return [
    { text: "select set_config($1, $2, true)", values: [parameter, setting.slice(cut + 1)] },
    { text: `alter ${whose}database ${database} set ${variable} from current` },
  ];
}

function grantStatements(
  database: string,
  grants: NonNullable<DatabaseFacts["grants"]>,
): readonly Statement[] {
  const known = new Set(["CREATE", "CONNECT", "TEMPORARY"]);
  return [
    { text: `revoke all on database ${database} from public` },
    ...grants
      .filter(({ privilege }) => known.has(privilege))
      .map(({ grantee, privilege, isGrantable }) => {
        const whom = grantee === null ? "public" : quoted(grantee);
        const option = isGrantable ? " with grant option" : "";
        return { text: `grant ${privilege} on database ${database} to ${whom}${option}` };
      }),
  ];
}

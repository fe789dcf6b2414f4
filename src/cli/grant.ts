import { type Command, Option } from "commander";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import { type Io, print, remark } from "../io.ts";
import { type CommonOptions, databaseCommand } from "./command.ts";

interface GrantOptions extends CommonOptions {
  readonly as: string;
  readonly dumps?: boolean;
}

export function grantCommand(io: Io): Command {
  return databaseCommand(
    "grant",
    "Let a role report, read or operate; every install grants it again.",
  )
    .argument("<role>", "the role, which must exist")
    .addOption(
      new Option("--as <reach>", "what it may do")
        .choices(["reporter", "reader", "operator"])
        .makeOptionMandatory(),
    )
    .option("--dumps", "it also dumps this very database, and must read all of it")
    .action(async (role: string, options: GrantOptions) => {
      const left = await withDatabase(io, options, async (client) => {
        const { rows } = await client.query<{ statement: string }>(
          `select g.statement
           from lastgood.grant_role(p_role => $1::text, p_reach => $2::text, p_may_dump => $3::boolean)
             as g(statement)`,
          [role, options.as, options.dumps ?? false],
        );
        return rows.map((row) => row.statement);
      });
      if (left.length > 0) {
        remark(io, "You may not do all of it. Let a DBA run what follows:");
        for (const statement of left) {
          print(io, `${statement};`);
        }
        io.setExitStatus(exit.failed);
      }
    });
}

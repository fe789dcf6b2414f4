import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { installScript } from "../install-script.ts";
import type { Io } from "../io.ts";
import { readSqlFile } from "../sql-files.ts";
import { plainCommand } from "./command.ts";

const scripts: Readonly<Record<string, () => Promise<string>>> = {
  install: installScript,
  roles: async () => readSqlFile("roles.sql").text,
  "object-store": async () => readSqlFile("object-store.sql").text,
  uninstall: async () => readSqlFile("uninstall.sql").text,
};

export function sqlCommand(io: Io): Command {
  return plainCommand(
    "sql",
    "Print a script for psql: install (the default), roles, object-store or uninstall.",
  )
    .argument("[script]", "install, roles, object-store or uninstall", "install")
    .action(async (name: string) => {
      const script = scripts[name];
      if (!script) {
        throw new UsageError(`there is no script "${name}"`, {
          hint: `Choose one of ${Object.keys(scripts).join(", ")}.`,
        });
      }
      io.stdout.write(await script());
    })
    .addHelpText("after", "\nExample:\n  lastgood sql > lastgood.sql && psql -f lastgood.sql\n");
}

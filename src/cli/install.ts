import type { Command } from "commander";
import { withDatabase } from "../database.ts";
import { install } from "../install.ts";
import { type Io, print } from "../io.ts";
import { type CommonOptions, resultCommand, wantsJson } from "./command.ts";

export function installCommand(io: Io): Command {
  return resultCommand("install", "Install or upgrade schema lastgood; safe to repeat.").action(
    async (options: CommonOptions) => {
      const result = await withDatabase(io, options, install);
      if (wantsJson(options)) {
        print(
          io,
          JSON.stringify({ migrations: result.migrations, is_code_applied: result.isCodeApplied }),
        );
      } else if (result.isCodeApplied) {
        print(io, `Schema lastgood is in place (new migrations: ${result.migrations.length}).`);
      } else {
        print(io, "Schema lastgood is up to date; nothing was changed.");
      }
    },
  );
}

import type { Command } from "commander";
import { Providers, type StrandedBackup } from "../admin/providers.ts";
import { reap } from "../backup/reap.ts";
import { withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, printResult, resultCommand } from "./command.ts";
import { environmentOf } from "./environment.ts";

const detachHelp = `
Nothing there is changed, so the place need not be reachable. Backups that are kept nowhere else stay
listed and are good no more: the verdict of their systems follows at once. lastgood provider attach
brings them back.
`;

export function detachCommand(io: Io): Command {
  return resultCommand("detach", "Stop using a place, and keep what lies there.")
    .argument("<name>", "the provider")
    .addHelpText("after", detachHelp)
    .action(async (name: string, options: CommonOptions) => {
      const stranded = await withDatabase(io, options, async (client) => {
        await reap(client, environmentOf(io));
        return await new Providers(client).detach(name);
      });
      const document = { provider: name, kept_nowhere_else: stranded };
      printResult(io, options, document, () => renderStranded(name, stranded));
    });
}

function renderStranded(name: string, stranded: readonly StrandedBackup[]): string {
  const end = `Provider ${name} is detached; what lies there was not touched.`;
  if (stranded.length === 0) return end;
  const lines = stranded.map(({ id, name: backup, fqdn }) => `  ${backup} (${id}) of ${fqdn}`);
  return [end, "Kept nowhere else, and good no more:", ...lines].join("\n");
}

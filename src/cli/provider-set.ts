import { type Command, InvalidArgumentError } from "commander";
import { Providers } from "../admin/providers.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { none, orNone, parseCount } from "./arguments.ts";
import { type CommonOptions, databaseCommand } from "./command.ts";
import { warnOfQuotas } from "./quota-warnings.ts";

type Limit = number | typeof none | undefined;

interface SetOptions extends CommonOptions {
  readonly maxRunning?: Limit;
  readonly maxBackups?: Limit;
  readonly maxBytes?: Limit;
}

export function setCommand(io: Io): Command {
  return databaseCommand("set", "Change how much a provider takes; what is not given stays.")
    .argument("<name>", "the provider")
    .option(
      "--max-running <n>",
      "how many scheduled backups may write there at once, or none",
      orNone(parseCount),
    )
    .option("--max-backups <n>", "how many backups may lie there, or none", orNone(parseCount))
    .option(
      "--max-bytes <size>",
      "how many bytes, such as 500GB or 1TiB, or none",
      orNone(parseSize),
    )
    .action(async (name: string, { maxRunning, maxBackups, maxBytes, ...options }: SetOptions) => {
      const limits = {
        maxRunning: limitOf(maxRunning),
        maxBackups: limitOf(maxBackups),
        maxBytes: limitOf(maxBytes),
      };
      if (Object.values(limits).every((limit) => limit === undefined)) {
        throw new UsageError("nothing is given to change", {
          hint: "Use --max-running, --max-backups or --max-bytes.",
        });
      }
      await withDatabase(io, options, async (client) => {
        await new Providers(client).setLimits(name, limits);
        await warnOfQuotas(io, client, { provider: name });
      });
    });
}

function limitOf(limit: Limit): number | null | undefined {
  return limit === none ? null : limit;
}

const powers = ["", "k", "m", "g", "t", "p"];

/** Bytes; `kB` to `PB` are by thousands, `KiB` to `PiB` by 1024. */
function parseSize(text: string): number {
  const [, number, power = "", binary] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(
    Number(number) * (binary ? 1024 : 1000) ** powers.indexOf(power.toLowerCase()),
  );
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError("Give a size of 1 byte or more, such as 500GB or 1TiB.");
  }
  return bytes;
}

import { type Command, InvalidArgumentError, Option } from "commander";
import { Backups } from "../admin/backups.ts";
import {
  proofLevels,
  type Verification,
  verifyBackup,
  type VerifyLevel,
} from "../backup/verify.ts";
import { BackupDao } from "../dao/backup.ts";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, resultCommand, printResult } from "./command.ts";
import { environmentOf } from "./environment.ts";
import { startProgress } from "./progress.ts";

interface VerifyOptions extends CommonOptions {
  readonly level: VerifyLevel;
  readonly sample: number;
  readonly provider?: string;
}

const levelHelp = `
Levels, each with all that stands before it:
  stored    everything is there, in its size
  checksum  what is stored has the checksums that were taken when it was stored
  decode    it can be decoded, and is what was backed up
  restore   it was restored into a scratch place

Statuses: 0 ok, 1 corrupt or missing, 3 could not check, or this level cannot apply here.

Examples:
  lastgood backup verify 12
  lastgood backup verify 12 --level decode --sample 10%
`;

export function backupVerifyCommand(io: Io): Command {
  const levels = Object.keys(proofLevels);
  return resultCommand("verify", "Find out whether a backup is still what was backed up.")
    .argument("<backup>", "its id or name")
    .addOption(new Option("--level <level>", "how far to go").choices(levels).default("checksum"))
    .option("--sample <n%>", "read only a part of it, chosen at random", parseSample, 1)
    .option("--provider <name>", "only the copy there")
    .addHelpText("after", levelHelp)
    .action(async (ref: string, options: VerifyOptions) => verify(io, ref, options));
}

async function verify(io: Io, ref: string, options: VerifyOptions): Promise<void> {
  const { level, sample, provider } = options;
  const done = await withDatabase(io, options, async (client) => {
    const backups = new Backups(client);
    const backupId = await backups.find(ref);
    const progress = await startProgress(io, "verifying");
    try {
      const request = { backupId, level, sample, provider };
      return await verifyBackup(
        new BackupDao(client),
        backups,
        request,
        environmentOf(io, progress),
      );
    } finally {
      progress.stop();
    }
  });
  printResult(io, options, done, render);
  const results = new Set(done.map(({ result }) => result));
  if (results.has("corrupt") || results.has("missing")) io.setExitStatus(exit.failed);
  else if (results.size > 1 || !results.has("ok")) io.setExitStatus(exit.undetermined);
}

function render(done: readonly Verification[]): string {
  return done
    .flatMap(({ provider, level, result, findings }) => [
      `${provider}  ${level}  ${result}`,
      ...findings.map((found) => `  ${found.result}  ${found.what}: ${found.reason}`),
    ])
    .join("\n");
}

/** `10%`, as a part of 1. */
function parseSample(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]);
  if (!(percent > 0 && percent <= 100)) {
    throw new InvalidArgumentError("Give a percentage above 0 and up to 100%.");
  }
  return percent / 100;
}

import type { DescribedCopy } from "../admin/described.ts";
import { ProgramError } from "../errors.ts";
import { serverOf } from "../postgresql/identity.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import { parseSettings } from "../settings.ts";
import { findSourceType } from "../sources/registry.ts";
import type { CopyRun } from "./copy.ts";
import { runNameOf } from "./run-name.ts";
import { ScratchFolder } from "./scratch.ts";

/**
 * Refuses a copy that would be lost with what it is made from; warns where only the server is the same.
 *
 * @throws PlaceError
 */
export async function refuseProtected(
  run: CopyRun,
  { provider: name }: DescribedCopy,
  { database }: Provider,
): Promise<void> {
  if (database === undefined) return;
  const all = await protectedBy(run).catch((error: unknown) => {
    throw error instanceof ProgramError ? unknown(name, error) : error;
  });
  if (all.includes(database)) {
    throw new PlaceError(
      "failed",
      `${name} keeps its copies in a database that this backup protects: they would be lost with it`,
      { hint: "Keep them in a database of another server, or at a provider of another type." },
    );
  }
  if (all.some((each) => serverOf(each) === serverOf(database))) {
    run.environment.warn(
      `${name} keeps its copies on the very server that is backed up: whoever loses one loses both`,
    );
  }
}

function unknown(name: string, cause: ProgramError): PlaceError {
  const { message, hint } = cause;
  return new PlaceError("failed", `whether ${name} is what is backed up is not known: ${message}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

async function protectedBy({ started, environment }: CopyRun): Promise<readonly string[]> {
  const type = await findSourceType(started.source_type);
  if (type.protects === undefined) return [];
  await using scratch = await ScratchFolder.make(environment.env);
  return await type.protects(parseSettings(type, started.settings), {
    ...environment,
    runName: runNameOf(started.name),
    scratchFolder: scratch.path,
  });
}

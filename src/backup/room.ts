import type { CatalogueCopy, DescribedCopy, FoundRoom } from "../admin/described.ts";
import { isDatabaseError } from "../errors.ts";
import type { Room } from "../layouts/layout.ts";
import { verifyCopy } from "../layouts/registry.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import type { CopyRun } from "./copy.ts";
import { proofLevels } from "./verify.ts";

/**
 * What has to go for this copy where its provider keeps few backups of a source. What stays is all that
 * is left for a moment, so it is read before; what turns out to be bad goes itself.
 *
 * @throws PlaceError where nothing may go, or what stays could not be read
 */
export async function findRoom(
  run: CopyRun,
  copy: DescribedCopy,
  provider: Provider,
): Promise<Room> {
  const { backups, started } = run;
  const proven = new Set<number>();
  for (;;) {
    const room = await orFull(backups.findRoom(copy.backup_copy_id, started.token));
    const unproven = room.stay.find(
      ({ backup_copy_id: id, state }) => state === "COMPLETE" && !proven.has(id),
    );
    if (room.outgoing === null || unproven === undefined) return keysIn(room);
    await prove(run, unproven, provider);
    proven.add(unproven.backup_copy_id);
  }
}

/** As {@link findRoom}, and what has to go is DELETING from now on. */
export async function makeRoom({ backups, started }: CopyRun, copy: DescribedCopy): Promise<Room> {
  return keysIn(await orFull(backups.makeRoom(copy.backup_copy_id, started.token)));
}

/** Reads a copy and notes what is wrong with it. */
async function prove(
  { backups, environment: { signal, warn } }: CopyRun,
  copy: CatalogueCopy,
  provider: Provider,
): Promise<void> {
  const { stored_name: name, manifest_key: manifestKey, manifest_sha256, manifest_size } = copy;
  if (manifestKey === null || manifest_sha256 === null || manifest_size === null) return;
  const opened = {
    provider,
    manifestKey,
    manifestSha256: manifest_sha256,
    manifestSize: manifest_size,
    identities: [],
  };
  for await (const finding of verifyCopy(opened, { level: "checksum", sample: 1, signal })) {
    const { result, what, reason } = finding;
    if (result !== "corrupt" && result !== "missing") {
      throw new PlaceError("failed", `backup ${name} could not be checked: ${what}: ${reason}`);
    }
    warn(`backup ${name} at ${copy.provider} is bad: ${what}: ${reason}`);
    await backups.recordVerification(copy.backup_copy_id, {
      level: proofLevels.checksum,
      result,
      reason: `${what}: ${reason}`,
    });
    return;
  }
}

/** That nothing may go is trouble of one place: the copies at others are none the worse. */
async function orFull(asking: Promise<FoundRoom>): Promise<FoundRoom> {
  try {
    return await asking;
  } catch (cause) {
    if (!isDatabaseError(cause) || cause.code !== "LG053") throw cause;
    const { message, hint } = cause;
    throw new PlaceError("full", message, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

function keysIn({ stay, outgoing }: FoundRoom): Room {
  return {
    stay: stay.flatMap(({ manifest_key: key }) => (key === null ? [] : [key])),
    ...(outgoing?.manifest_key == null ? {} : { outgoing: outgoing.manifest_key }),
  };
}

import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Client } from "pg";
import { Packs } from "../admin/packs.ts";
import { BackupDao } from "../dao/backup.ts";
import { ProviderDao, type ProviderRow } from "../dao/provider.ts";
import { readIdentities } from "../encryption/keys.ts";
import { LastgoodError, messageOf } from "../errors.ts";
import { formatBytes } from "../format.ts";
import { KeyMissingError } from "../layouts/errors.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import { openProvider } from "../providers/registry.ts";
import type { RunEnvironment } from "./environment.ts";
import { openSealed } from "./place.ts";
import { findGone } from "./sweep.ts";

export interface ProviderFinding {
  readonly result: "ok" | "bad" | "could_not_check";
  readonly what: string;
  /** What to do about it. */
  readonly hint: string | null;
}

/** Tries a provider: keeps, reads and removes a probe, and opens the newest backup that lies there. */
export async function checkProvider(
  client: Client,
  name: string,
  environment: RunEnvironment,
): Promise<readonly ProviderFinding[]> {
  const dao = new ProviderDao(client);
  const row = await dao.getProvider(name);
  if (row.keeps === "nothing") {
    const what = `${name} keeps nothing: no backup can be restored from it`;
    return [{ result: "bad", what, hint: null }];
  }
  let provider: Provider;
  try {
    provider = await openProvider(row, await dao.getInstallation(), environment);
  } catch (error) {
    return [findingOf(error)];
  }
  try {
    return [
      await attempt(async () => tryProbe(provider)),
      await attempt(async () =>
        tryNewest(client, row.newest_backup_id, name, provider, environment),
      ),
      ...(await findUnreadable(client, row, provider)),
    ];
  } finally {
    await provider.close();
  }
}

async function attempt(work: () => Promise<string>): Promise<ProviderFinding> {
  try {
    return { result: "ok", what: await work(), hint: null };
  } catch (error) {
    return findingOf(error);
  }
}

function findingOf(error: unknown): ProviderFinding {
  const isUnsure = error instanceof PlaceError && error.trouble === "unreachable";
  const hint = error instanceof LastgoodError ? (error.hint ?? null) : null;
  return { result: isUnsure ? "could_not_check" : "bad", what: messageOf(error), hint };
}

async function tryProbe(provider: Provider): Promise<string> {
  const key = `probes/${randomBytes(8).toString("hex")}`;
  const bytes = randomBytes(65_536);
  try {
    await provider.put(key, asBody(bytes));
    const read = await buffer(await provider.get(key));
    if (!read.equals(bytes)) throw new PlaceError("failed", "a probe came back changed");
  } finally {
    await provider.delete(key);
  }
  return "a probe was kept, read back and removed";
}

async function* asBody(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function tryNewest(
  client: Client,
  backupId: number | null,
  name: string,
  provider: Provider,
  { env }: RunEnvironment,
): Promise<string> {
  if (backupId === null) return "there is no backup here yet";
  const copies = await new BackupDao(client).getCopies(backupId);
  const copy = copies.find((each) => each.provider === name);
  if (copy === undefined) return "there is no backup here yet";
  const reader = await openSealed(provider, copy, await readIdentities(env));
  try {
    await reader.readBody();
  } catch (error) {
    if (!(error instanceof KeyMissingError)) throw error;
    throw new KeyMissingError(`backup ${backupId} cannot be opened: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  const kind = reader.head.recipients.length > 0 ? "is encrypted and was opened" : "was opened";
  return `backup ${backupId}, the newest here, ${kind}`;
}

/** Manifests that could not be read when the place was attached; those that are gone are forgotten. */
async function findUnreadable(
  client: Client,
  { id, name, unreadable, held_bytes: held }: ProviderRow,
  provider: Provider,
): Promise<readonly ProviderFinding[]> {
  if (unreadable.length === 0) return [];
  try {
    const gone = await findGone(provider, unreadable);
    if (gone.length > 0) await new Packs(client).forgetUnreadable(id, gone);
    return unreadable
      .filter((key) => !gone.includes(key))
      .map((key) => ({
        result: "bad",
        what: `${key} could not be read, or is of a backup that is not known here; what it may need stays there, ${formatBytes(held)} only for such`,
        hint: `Where another version wrote it, it is mended or the catalogue was set back: lastgood provider detach ${name}, and attach again with a version that can read it. Where nobody needs it, remove it there.`,
      }));
  } catch (error) {
    return [findingOf(error)];
  }
}

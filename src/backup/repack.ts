import type { Packs, RepackCandidate } from "../admin/packs.ts";
import type { BackupCopy, BackupDao } from "../dao/backup.ts";
import { readIdentities } from "../encryption/keys.ts";
import { type RepackedCopy, repack } from "../layouts/pack/repack.ts";
import { manifestFolder, repackedFolder } from "../manifest/form.ts";
import type { Provider } from "../providers/provider.ts";
import type { RunEnvironment } from "./environment.ts";

/** A provider that is open. */
export interface RepackPlace {
  readonly id: number;
  readonly provider: Provider;
}

/**
 * Rewrites packs of which backups use little any more. SQL says which; the old ones are left to the
 * next sweep.
 *
 * @throws KeyMissingError where encrypted backups are among them and there is no key
 */
export async function repackProvider(
  packs: Packs,
  dao: BackupDao,
  { id, provider }: RepackPlace,
  environment: RunEnvironment,
): Promise<void> {
  await removeStale(packs, { id, provider });
  const candidates = await packs.repackCandidates(id);
  const identities = await readIdentities(environment.env);
  for (const { names, copies } of await groupByRecipients(candidates, dao)) {
    const { superseded } = await repack({
      provider,
      identities,
      candidates: names,
      copies: copies.map(sealedCopy),
      signal: environment.signal,
      catalogue: {
        adoptPack: async (copyIds, name) => packs.adopt(id, copyIds, name),
        completeAdoptedPack: async (pack) => packs.completeAdopted(id, pack),
        replaceManifest: async (copyId, oldSha256, manifest, used) =>
          packs.replaceManifest(copyId, oldSha256, manifest, used),
      },
    });
    for (const key of superseded) await provider.delete(key);
  }
}

/** Removes manifests that a repack replaced, or wrote and did not put in place, when it was killed. */
async function removeStale(packs: Packs, { id, provider }: RepackPlace): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of provider.list(manifestFolder)) keys.push(key);
  for (const key of await packs.staleManifests(id, keys)) await provider.delete(key);
  // Whoever is writing one at this very moment fails, has changed nothing, and may try again.
  await provider.removePartial(repackedFolder);
}

interface Group {
  readonly names: string[];
  readonly copies: BackupCopy[];
}

/** Frames move as they are stored, so those for other recipients cannot share a pack. */
async function groupByRecipients(
  candidates: readonly RepackCandidate[],
  dao: BackupDao,
): Promise<readonly Group[]> {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const copies = await dao.getCopiesById(candidate.copies);
    const key = copies[0]?.recipients.toSorted().join(" ") ?? "";
    const group = groups.get(key) ?? { names: [], copies: [] };
    group.names.push(candidate.name);
    const known = new Set(group.copies.map((copy) => copy.backup_copy_id));
    group.copies.push(...copies.filter((copy) => !known.has(copy.backup_copy_id)));
    groups.set(key, group);
  }
  return [...groups.values()];
}

function sealedCopy(copy: BackupCopy): RepackedCopy {
  const { backup_copy_id: id, manifest_key, manifest_sha256, manifest_size } = copy;
  if (manifest_key === null || manifest_sha256 === null || manifest_size === null) {
    throw new RangeError(`copy ${id} was never sealed`);
  }
  return {
    id,
    manifestKey: manifest_key,
    manifestSha256: manifest_sha256,
    manifestSize: manifest_size,
  };
}

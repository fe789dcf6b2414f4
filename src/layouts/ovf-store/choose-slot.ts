import type { ManifestHead } from "../../manifest/entry.ts";
import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import type { Room } from "../layout.ts";
import { readSideFile } from "./side-file.ts";
import { sideKey, type Slot, slots } from "./slots.ts";

/** A slot as it is found. */
export interface FoundSlot {
  readonly slot: Slot;
  /** Of its side file; undefined where there is none, or none that can be read. */
  readonly head: ManifestHead | undefined;
}

export async function readSlots(provider: Provider, source: string): Promise<FoundSlot[]> {
  return await Promise.all(
    slots.map(async (slot) => ({ slot, head: await headAt(provider, sideKey(source, slot)) })),
  );
}

async function headAt(provider: Provider, key: string): Promise<ManifestHead | undefined> {
  const object = await provider.stat(key);
  if (object === undefined) return undefined;
  try {
    return (await readSideFile(provider, object)).side.head;
  } catch (error) {
    if (error instanceof CorruptError) return undefined;
    throw error;
  }
}

/**
 * The slot of a new copy: none whose copy stays and, where there is a choice, one that is empty.
 *
 * @throws PlaceError where all else is a backup of which the catalogue knows nothing
 */
export function chooseSlot(
  found: readonly FoundSlot[],
  { stay, outgoing }: Room,
  { installation, backup }: Pick<ManifestHead, "installation" | "backup">,
): Slot {
  const free = found
    .map(({ slot, head }) => ({ slot, head, key: sideKey(backup.source, slot) }))
    .filter(({ key }) => !stay.includes(key))
    .toSorted((a, b) => Number(a.head !== undefined) - Number(b.head !== undefined))
    .find(
      ({ head, key }) => key === outgoing || (head?.installation ?? installation) === installation,
    );
  if (free !== undefined) return free.slot;
  throw new PlaceError(
    "foreign",
    `the OVF stores of ${backup.source} hold backups of another installation`,
    { hint: "Take the place over with lastgood provider attach --resume, or back up elsewhere." },
  );
}

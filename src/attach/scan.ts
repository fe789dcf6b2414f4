import {
  type LayoutName,
  PlaceError,
  type Provider,
  type StoredObject,
} from "../providers/provider.ts";
import type { PlaceScan, ReadCopies, Scan, ScanOptions } from "./found-copy.ts";

/** One scan for layouts that share their manifests. */
const scans: readonly { readonly layouts: readonly LayoutName[]; load(): Promise<Scan> }[] = [
  {
    layouts: ["pack", "tree"],
    load: async () => (await import("./manifests.ts")).manifestScan,
  },
  {
    layouts: ["ovf-store"],
    load: async () => (await import("./ovf-stores.ts")).ovfStoreScan,
  },
];

/** All copies at a place, in the layouts that its type can have; oldest first. */
export async function scanPlace(options: ScanOptions): Promise<PlaceScan> {
  const found: ReadCopies[] = [];
  const manifests = new Map<string, number>();
  for (const scan of await scansOf(options.provider)) {
    const listed: StoredObject[] = [];
    for await (const object of scan.manifests(options.provider)) {
      listed.push(object);
      manifests.set(object.key, object.size);
    }
    found.push(await scan.read(options, listed));
  }
  return {
    copies: found.flatMap(({ copies }) => copies).toSorted(byStart),
    unreadable: found.flatMap(({ unreadable }) => unreadable),
    manifests,
  };
}

/**
 * Whoever had the place may have made and removed backups there while it was read; what was made would
 * not be known here, and its packs would go with the others that use them.
 *
 * @param provider the place, once nobody else writes there
 * @throws PlaceError where there are other manifests than were read
 */
export async function refuseChanged(
  provider: Provider,
  { manifests }: Pick<PlaceScan, "manifests">,
): Promise<void> {
  let count = 0;
  let isSame = true;
  for (const scan of await scansOf(provider)) {
    for await (const { key, size } of scan.manifests(provider)) {
      count += 1;
      isSame &&= manifests.get(key) === size;
    }
  }
  if (isSame && count === manifests.size) return;
  throw new PlaceError("failed", "backups were made or removed there while the place was read", {
    hint: "Whoever did so is refused there by now: attach it again.",
  });
}

async function scansOf({ capabilities: { layouts } }: Provider): Promise<readonly Scan[]> {
  const wanted = scans.filter((each) => each.layouts.some((one) => layouts.includes(one)));
  return await Promise.all(wanted.map((each) => each.load()));
}

/** Those that others build on come before them. */
function byStart(
  { head: { backup: a } }: PlaceScan["copies"][number],
  { head: { backup: b } }: PlaceScan["copies"][number],
): number {
  return Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.name < b.name ? -1 : 1);
}

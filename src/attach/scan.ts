import type { LayoutName } from "../providers/provider.ts";
import type { PlaceScan, Scan, ScanOptions } from "./found-copy.ts";

/** One scan for layouts that share their manifests. */
const scans: readonly { readonly layouts: readonly LayoutName[]; load(): Promise<Scan> }[] = [
  {
    layouts: ["pack", "tree"],
    load: async () => (await import("./manifests.ts")).scanManifests,
  },
  {
    layouts: ["ovf-store"],
    load: async () => (await import("./ovf-stores.ts")).scanOvfStores,
  },
];

/** All copies at a place, in the layouts that its type can have; oldest first. */
export async function scanPlace(options: ScanOptions): Promise<PlaceScan> {
  const { layouts } = options.provider.capabilities;
  const found: PlaceScan[] = [];
  for (const scan of scans.filter((each) => each.layouts.some((one) => layouts.includes(one)))) {
    found.push(await (await scan.load())(options));
  }
  return {
    copies: found.flatMap(({ copies }) => copies).toSorted(byStart),
    unreadable: found.flatMap(({ unreadable }) => unreadable),
  };
}

/** Those that others build on come before them. */
function byStart(
  { head: { backup: a } }: PlaceScan["copies"][number],
  { head: { backup: b } }: PlaceScan["copies"][number],
): number {
  return Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.name < b.name ? -1 : 1);
}

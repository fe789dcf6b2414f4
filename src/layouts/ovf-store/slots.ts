/*
 * In the folder of a source there are two slots, and in each of them
 *
 *   ovf_store_N.tar    the OVF store, as oVirt makes and reads it
 *   ovf_store_N.json   the side file: what oVirt writes into the description of the disk on which a
 *                      store lies, with our manifest
 *
 * A side file says `"Updated": false` from before its tar is replaced, and `true` with size and sha256
 * once the new one is durable and was read back: without the latter no copy is there.
 */

/** How the keys begin under which documents are gathered before they are put into a tar. */
const spoolFolder = "spools/";
/** The documents of a backup, one after the other, while its copy is made. */
export function spoolKey(backupName: string): string {
  return `${spoolFolder}${backupName}.spool`;
}

export const slots = [0, 1] as const;
export type Slot = (typeof slots)[number];

export function tarKey(source: string, slot: Slot): string {
  return `${source}/ovf_store_${slot}.tar`;
}

/** Of a side file; it is the manifest of its copy. */
export function sideKey(source: string, slot: Slot): string {
  return `${source}/ovf_store_${slot}.json`;
}

/** How the keys of both slots of a source begin. */
export function storePrefix(source: string): string {
  return `${source}/ovf_store_`;
}

/** Whether a key is that of a side file, and so of a manifest in this layout. */
export function isSideKey(key: string): boolean {
  return /^[^/]+\/ovf_store_[01]\.json$/.test(key);
}

/** The tar that a side file describes. */
export function tarOf(key: string): string {
  return key.replace(/\.json$/, ".tar");
}

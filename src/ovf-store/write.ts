import type { Entry } from "../manifest/entry.ts";
import { blockSize, paddingOf, writeHeader } from "../sources/files/pax-header.ts";

/** What oVirt writes of an OVF store, into `info.json` and into the description of its disk. */
export interface StoreInfo {
  readonly "Last Updated": string;
  readonly "Storage Domains": readonly { readonly uuid: string }[];
}

export function storeInfo(updatedAt: Date, storageDomain: string | undefined): StoreInfo {
  return {
    "Last Updated": javaDate(updatedAt),
    "Storage Domains": storageDomain === undefined ? [] : [{ uuid: storageDomain }],
  };
}

/** Says which machines were not down, as oVirt does in `metadata.json`. */
export function metadataText(statuses: Readonly<Record<string, number>>): string {
  return JSON.stringify({ "VM Status": statuses });
}

/** What ends a tar, after its last file. */
export const endOfTar: Buffer = Buffer.alloc(2 * blockSize);

const second = 1_000_000_000n;

/** The header of a file; its bytes come next, and then {@link padding}. */
export function fileHeader(entry: Pick<Entry, "path" | "mtime">, size: number): Buffer {
  let header = Buffer.alloc(0);
  // Plain headers alone, which every reader knows: whole seconds, and no owner but root.
  const plain: Entry = {
    path: entry.path,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: (entry.mtime / second) * second,
  };
  writeHeader({ entry: plain, type: "file", size }, (length) => (header = Buffer.alloc(length)));
  return header;
}

/** Zeros after so many bytes of a file. */
export function padding(size: number): Buffer {
  return endOfTar.subarray(0, paddingOf(size));
}

/** Such as `Thu Feb 18 00:23:07 UTC 2016`. */
function javaDate(date: Date): string {
  const [, day = "", month = "", year = "", time = ""] =
    /^(\w+), (\d+ \w+) (\d+) ([\d:]+) GMT$/.exec(date.toUTCString()) ?? [];
  return `${day} ${month.split(" ").toReversed().join(" ")} ${time} UTC ${year}`;
}

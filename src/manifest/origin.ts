import type { Entry } from "./entry.ts";

/** A block of a manifest that was read: its entries, and its bytes as they are stored. */
export interface Origin {
  readonly entries: readonly Entry[];
  readonly frame: Uint8Array;
  readonly recipients: readonly string[];
}

const origins = new WeakMap<Entry, Origin>();

/** Remembers a block by its first entry, for as long as that is in use. */
export function rememberOrigin(origin: Origin): void {
  const [first] = origin.entries;
  if (first !== undefined) origins.set(first, origin);
}

/** The stored bytes of a block with just these entries, not like ones, for these recipients. */
export function findFrame(
  entries: readonly Entry[],
  recipients: readonly string[],
): Uint8Array | undefined {
  const [first] = entries;
  const origin = first && origins.get(first);
  const isSame =
    origin?.entries.length === entries.length &&
    origin.recipients.length === recipients.length &&
    origin.recipients.every((recipient, index) => recipient === recipients[index]) &&
    origin.entries.every((entry, index) => entry === entries[index]);
  return isSame ? origin.frame : undefined;
}

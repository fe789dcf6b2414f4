import type { BigIntStats } from "node:fs";
import type { Content, Entry, ExtendedMetadata } from "../../manifest/entry.ts";
import type { Accounts } from "./accounts.ts";
import { typeOf } from "./parent-entries.ts";

/** What there is to say of an entry beside its state in the file system. */
export interface EntryDetails {
  readonly content?: Content | undefined;
  readonly target?: string | undefined;
  readonly hardLink?: string | undefined;
  readonly extended?: ExtendedMetadata | undefined;
  /** Milliseconds since 1970, before it was read. */
  readonly readAt: number;
}

/** Nanoseconds. */
const second = 1_000_000_000n;
const tick = 20_000_000n;

export function entryOf(
  path: string,
  stat: BigIntStats,
  details: EntryDetails,
  accounts: Accounts,
): Entry {
  const [uid, gid] = [Number(stat.uid), Number(stat.gid)];
  const [user, group] = [accounts.users.get(uid), accounts.groups.get(gid)];
  const { content, target, hardLink, extended } = details;
  return {
    path,
    type: typeOf(stat),
    mode: Number(stat.mode & 0o7777n),
    uid,
    gid,
    mtime: stat.mtimeNs,
    inode: stat.ino,
    ...(canTell(stat, details.readAt) ? { ctime: stat.ctimeNs } : undefined),
    ...(user === undefined ? undefined : { user }),
    ...(group === undefined ? undefined : { group }),
    ...(content === undefined ? undefined : { content }),
    ...(target === undefined ? undefined : { target }),
    ...(hardLink === undefined ? undefined : { hardLink }),
    ...(isDevice(stat) ? { device: deviceOf(stat.rdev) } : undefined),
    ...(hasHoles(stat) ? { isSparse: true } : undefined),
    ...extended,
  };
}

/**
 * Whether a later change would show in ctime. Clocks of file systems tick: a change right after the
 * one that ctime names can get the same time, so a young ctime is left out, and the next backup reads
 * the file again.
 */
function canTell(stat: BigIntStats, readAt: number): boolean {
  const age = BigInt(readAt) * 1_000_000n - stat.ctimeNs;
  // Whole seconds look like a file system that knows no smaller ones.
  return age > (stat.ctimeNs % second === 0n ? 2n * second : tick);
}

function isDevice(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() || stat.isBlockDevice();
}

/** Major and minor number, as the GNU C library packs them. */
function deviceOf(rdev: bigint): [number, number] {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn & 0xffffffffn);
  return [Number(major), Number(minor)];
}

/** Fewer blocks than its size takes: there are holes, or a file system that compresses. */
function hasHoles(stat: BigIntStats): boolean {
  return stat.isFile() && stat.size - stat.blocks * 512n >= 4096n;
}

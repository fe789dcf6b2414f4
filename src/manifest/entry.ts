import type { LayoutName } from "../providers/provider.ts";

/** What an entry of a manifest is. Only a `file` has content. */
export type EntryType =
  | "file"
  | "directory"
  | "symlink"
  | "fifo"
  | "character"
  | "block"
  | "socket";

/** A run of frames of one pack that holds content, or a part of it. */
export interface Segment {
  readonly pack: string;
  /** Of the first frame, in the stored pack. */
  readonly offset: number;
  /** Stored length of each frame, in order. */
  readonly frames: readonly number[];
  /** Bytes before the content in the first frame, once it is decoded. */
  readonly skip: number;
}

/** Bytes that are kept, named by what they are. */
export interface Content {
  readonly size: number;
  /** Of the bytes as they were in the source, in hex. */
  readonly sha256: string;
  /**
   * Where they lie in layout `pack`; empty in layout `tree`, and for no bytes at all. Known once
   * their frame is written: whoever asks before has to wait for `Sink.finish`.
   */
  readonly segments: readonly Segment[];
}

/** Names of extended attributes and their values in base64; ACLs in the text form of getfacl. */
export interface ExtendedMetadata {
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly acl?: string;
  readonly defaultAcl?: string;
}

export interface Entry extends ExtendedMetadata {
  /** Relative, segments with `/` between them, one character a byte (latin1): any name survives. */
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user?: string;
  readonly group?: string;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Nanoseconds since 1970, with the inode: together with size and mtime they say "unchanged". */
  readonly ctime?: bigint;
  readonly inode?: bigint;
  /** Of a symbolic link, as bytes in latin1. */
  readonly target?: string;
  /** Path of the first entry with the same inode, for all further ones; they carry the content too. */
  readonly hardLink?: string;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
  readonly isSparse?: boolean;
  readonly content?: Content;
}

/** A part that can be picked at restore and stands in the catalogue: lastgood.backup_item. */
export interface Item {
  readonly kind: "database" | "schema" | "table" | "globals" | "vm" | "template" | "stream";
  /** Unique in its backup, as people name it: `shop`, `shop.public`, `shop.public.orders`. */
  readonly name: string;
  /** Name of the item that it is a part of. */
  readonly parent?: string;
  readonly sizeBytes?: number;
  /** What restoring it needs to know; kept in the manifest, and in the catalogue. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The clear head of a manifest: enough to list the backup without a key, and to rebuild its row. */
export interface ManifestHead {
  readonly format: "lastgood-manifest";
  readonly version: 1;
  readonly installation: string;
  readonly backup: {
    readonly id: string;
    readonly name: string;
    readonly type: "full" | "incremental";
    readonly parent?: string;
    readonly source: string;
    readonly sourceType: string;
    readonly system: string;
    readonly scope: string;
    readonly startedAt: string;
  };
  readonly layout: LayoutName;
  readonly recipients: readonly string[];
  readonly packs: readonly PackHead[];
  readonly totals: { readonly entries: number; readonly files: number; readonly bytes: number };
  /** Whose items alone are in it; without it, all of the backup. */
  readonly group?: string;
  /** To which the items of the backup belong; '' is none. Left out where the source has no groups. */
  readonly groups?: readonly string[];
  /** How many things could not be read: with any, the backup is PARTIAL. */
  readonly missing?: number;
  /** By the clock of the host that wrote it. */
  readonly endedAt?: string;
}

/** A pack as a manifest names it. */
export interface PackHead {
  readonly name: string;
  readonly size: number;
  /** Of the pack as it is stored. */
  readonly sha256: string;
  /** Bytes of it that this backup uses. */
  readonly used: number;
}

/** What lies encrypted beside the entries. */
export interface ManifestBody {
  readonly items: readonly Item[];
  /** What could not be read: a backup with any is PARTIAL. */
  readonly missing: readonly Missing[];
  /** What was not collected, such as `xattrs`, and why. */
  readonly notCollected: readonly string[];
  /** Of servers and programs, such as `{ "server": "15.18", "pg_dump": "15.18" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** To which the items of the source belong, also of those that are not in this copy; '' is none. */
  readonly groups?: readonly string[];
  /** Of the source, as the catalogue has them: secrets by reference alone. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface Missing {
  readonly path: string;
  readonly reason: string;
}

/** Order of entries in a manifest: that of a walk, so `/` sorts before every other byte. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return (x === 47 ? -1 : x) - (y === 47 ? -1 : y);
  }
  return a.length - b.length;
}

import type { Content, Entry, EntryType, Segment } from "./entry.ts";

const letters = {
  file: "f",
  directory: "d",
  symlink: "l",
  fifo: "p",
  character: "c",
  block: "b",
  socket: "s",
} as const satisfies Record<EntryType, string>;

const types = new Map<string, EntryType>(
  (Object.keys(letters) as EntryType[]).map((type) => [letters[type], type]),
);

/** Pack, offset, skip, and the stored length of each frame. */
type SegmentLine = readonly [pack: string, offset: number, skip: number, ...frames: number[]];

/** An entry as one line of JSON; keys are short, and left out where there is nothing to say. */
export interface EntryLine {
  readonly p: string;
  readonly t: string;
  readonly m: number;
  readonly u: number;
  readonly g: number;
  readonly U?: string | undefined;
  readonly G?: string | undefined;
  readonly T: string;
  readonly C?: string | undefined;
  readonly i?: string | undefined;
  readonly l?: string | undefined;
  readonly h?: string | undefined;
  readonly d?: readonly [number, number] | undefined;
  readonly s?: true | undefined;
  readonly c?: readonly [size: number, sha256: string, ...SegmentLine[]] | undefined;
  readonly x?: Readonly<Record<string, string>> | undefined;
  readonly a?: string | undefined;
  readonly A?: string | undefined;
}

const rareFields = [
  ["U", "user"],
  ["G", "group"],
  ["l", "target"],
  ["h", "hardLink"],
  ["d", "device"],
  ["s", "isSparse"],
  ["x", "xattrs"],
  ["a", "acl"],
  ["A", "defaultAcl"],
] as const satisfies readonly (readonly [keyof EntryLine, keyof Entry])[];

/** One line of JSON, without the end of the line. */
export function encodeEntry(entry: Entry): string {
  const { content } = entry;
  return JSON.stringify({
    p: entry.path,
    t: letters[entry.type],
    m: entry.mode,
    u: entry.uid,
    g: entry.gid,
    U: entry.user,
    G: entry.group,
    T: String(entry.mtime),
    C: entry.ctime?.toString(),
    i: entry.inode?.toString(),
    l: entry.target,
    h: entry.hardLink,
    d: entry.device,
    s: entry.isSparse === true ? true : undefined,
    c: content && [content.size, content.sha256, ...content.segments.map(encodeSegment)],
    x: entry.xattrs,
    a: entry.acl,
    A: entry.defaultAcl,
  } satisfies EntryLine);
}

/** @throws TypeError for a line that no writer of ours makes */
export function decodeEntry(line: EntryLine): Entry {
  const type = types.get(line.t);
  if (type === undefined) throw new TypeError(`unknown type of entry "${line.t}"`);
  return {
    path: line.p,
    type,
    mode: line.m,
    uid: line.u,
    gid: line.g,
    mtime: BigInt(line.T),
    ...(line.c === undefined ? undefined : { content: decodeContent(line.c) }),
    ...(line.C === undefined ? undefined : { ctime: BigInt(line.C) }),
    ...(line.i === undefined ? undefined : { inode: BigInt(line.i) }),
    ...decodeRare(line),
  };
}

function decodeRare(line: EntryLine): Partial<Entry> {
  const rare: Record<string, unknown> = {};
  for (const [key, name] of rareFields) {
    if (line[key] !== undefined) rare[name] = line[key];
  }
  return rare;
}

function encodeSegment(segment: Segment): SegmentLine {
  return [segment.pack, segment.offset, segment.skip, ...segment.frames];
}

function decodeContent(line: NonNullable<EntryLine["c"]>): Content {
  const [size, sha256, ...segments] = line;
  return { size, sha256, segments: segments.map(decodeSegment) };
}

function decodeSegment([pack, offset, skip, ...frames]: SegmentLine): Segment {
  return { pack, offset, frames, skip };
}

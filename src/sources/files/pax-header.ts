import type { Entry } from "../../manifest/entry.ts";

/** Type letters of the ustar format. */
const letters = {
  file: "0",
  hardLink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const;

export interface PaxHeader {
  readonly entry: Entry;
  readonly type: keyof typeof letters;
  /** Bytes that follow. */
  readonly size: number;
  /** Where a link leads. */
  readonly link?: string;
  /** Records of our own, such as those of a file with holes. */
  readonly records?: readonly (readonly [key: string, value: string])[];
}

export const blockSize = 512;

const second = 1_000_000_000n;
const largest = { id: 0o7777777, size: 0o77777777777, time: 0o77777777777n };

/** The header of an entry, with a pax header before it where the old one has no room. */
export function paxHeader(header: PaxHeader): Buffer {
  const { entry, type, size, link = "" } = header;
  const name = nameOf(entry.path, type);
  const records = [
    ...(fits(name) ? [] : [["path", name] as const]),
    ...(fits(link) ? [] : [["linkpath", link] as const]),
    ...numbersOf(entry, size),
    ...extendedOf(entry),
    ...(header.records ?? []),
  ];
  const seconds = floorSeconds(entry.mtime);
  const plain = ustar({
    name,
    link,
    letter: letters[type],
    mode: entry.mode,
    ids: [Math.min(entry.uid, largest.id), Math.min(entry.gid, largest.id)],
    size: Math.min(size, largest.size),
    time: Number(seconds < 0n || seconds > largest.time ? 0n : seconds),
    device: entry.device,
  });
  return records.length === 0 ? plain : Buffer.concat([extendedHeader(records), plain]);
}

/** Zeros after bytes, up to the next block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

function nameOf(path: string, type: PaxHeader["type"]): string {
  if (type !== "directory") return path;
  return path === "." ? "./" : `${path}/`;
}

function fits(name: string): boolean {
  return name.length <= 100;
}

function numbersOf({ uid, gid, mtime }: Entry, size: number): [string, string][] {
  const records: [string, string][] = [];
  if (uid > largest.id) records.push(["uid", String(uid)]);
  if (gid > largest.id) records.push(["gid", String(gid)]);
  if (size > largest.size) records.push(["size", String(size)]);
  const seconds = floorSeconds(mtime);
  const isPlain = mtime % second === 0n && seconds >= 0n && seconds <= largest.time;
  if (!isPlain) records.push(["mtime", decimal(mtime)]);
  return records;
}

function extendedOf({ xattrs, acl, defaultAcl }: Entry): [string, string][] {
  const records = Object.entries(xattrs ?? {}).map(([name, value]): [string, string] => [
    `SCHILY.xattr.${name}`,
    Buffer.from(value, "base64").toString("latin1"),
  ]);
  if (acl !== undefined) records.push(["SCHILY.acl.access", acl]);
  if (defaultAcl !== undefined) records.push(["SCHILY.acl.default", defaultAcl]);
  return records;
}

function floorSeconds(time: bigint): bigint {
  return (time - (((time % second) + second) % second)) / second;
}

function decimal(time: bigint): string {
  const size = time < 0n ? -time : time;
  const fraction = String(size % second).padStart(9, "0");
  return `${time < 0n ? "-" : ""}${size / second}.${fraction}`;
}

function extendedHeader(records: readonly (readonly [string, string])[]): Buffer {
  const text = records.map(([key, value]) => record(key, value)).join("");
  const body = Buffer.from(text, "latin1");
  const header = ustar({
    name: "PaxHeader",
    link: "",
    letter: "x",
    mode: 0o600,
    ids: [0, 0],
    size: body.length,
    time: 0,
    device: undefined,
  });
  return Buffer.concat([header, body, padding(body.length)]);
}

/** Its length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return `${length}${rest}`;
}

interface UstarFields {
  readonly name: string;
  readonly link: string;
  readonly letter: string;
  readonly mode: number;
  readonly ids: readonly [uid: number, gid: number];
  readonly size: number;
  readonly time: number;
  readonly device: readonly [number, number] | undefined;
}

function ustar({ name, link, letter, mode, ids, size, time, device }: UstarFields): Buffer {
  const bytes = Buffer.alloc(blockSize);
  bytes.write(name.slice(0, 100), 0, "latin1");
  octal(bytes, 100, 8, mode);
  octal(bytes, 108, 8, ids[0]);
  octal(bytes, 116, 8, ids[1]);
  octal(bytes, 124, 12, size);
  octal(bytes, 136, 12, time);
  bytes.write("        ", 148, "latin1");
  bytes.write(letter, 156, "latin1");
  bytes.write(link.slice(0, 100), 157, "latin1");
  bytes.write("ustar\u000000", 257, "latin1");
  octal(bytes, 329, 8, device?.[0] ?? 0);
  octal(bytes, 337, 8, device?.[1] ?? 0);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

function octal(bytes: Buffer, offset: number, length: number, value: number): void {
  bytes.write(value.toString(8).padStart(length - 1, "0"), offset, "latin1");
}

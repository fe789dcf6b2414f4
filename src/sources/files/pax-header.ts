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

/** Zeros after bytes, up to the next block. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/**
 * Writes the header of an entry, with a pax header before it where the old one has no room.
 * `take` gives room for so many bytes, zeros all of them.
 */
export function writeHeader(header: PaxHeader, take: (size: number) => Buffer): void {
  const { entry, type, size, link = "" } = header;
  const name = nameOf(entry.path, type);
  const records = recordsOf(header, name);
  const extended = records === "" ? 0 : blockSize + records.length + paddingOf(records.length);
  const bytes = take(extended + blockSize);
  if (extended > 0) {
    writeUstar(bytes, 0, { ...extendedHeader, size: records.length });
    bytes.write(records, blockSize, "latin1");
  }
  const seconds = floorSeconds(entry.mtime);
  writeUstar(bytes, extended, {
    name,
    link,
    letter: letters[type],
    mode: entry.mode,
    uid: Math.min(entry.uid, largest.id),
    gid: Math.min(entry.gid, largest.id),
    size: Math.min(size, largest.size),
    time: Number(seconds < 0n || seconds > largest.time ? 0n : seconds),
    device: entry.device,
  });
}

function recordsOf({ entry, size, link = "", records = [] }: PaxHeader, name: string): string {
  let text = fits(name) ? "" : record("path", name);
  if (!fits(link)) text += record("linkpath", link);
  text += numbersOf(entry, size);
  text += extendedOf(entry);
  for (const [key, value] of records) text += record(key, value);
  return text;
}

function nameOf(path: string, type: PaxHeader["type"]): string {
  if (type !== "directory") return path;
  return path === "." ? "./" : `${path}/`;
}

function fits(name: string): boolean {
  return name.length <= 100;
}

function numbersOf({ uid, gid, mtime }: Entry, size: number): string {
  let text = "";
  if (uid > largest.id) text += record("uid", String(uid));
  if (gid > largest.id) text += record("gid", String(gid));
  if (size > largest.size) text += record("size", String(size));
  const seconds = floorSeconds(mtime);
  const isPlain = mtime % second === 0n && seconds >= 0n && seconds <= largest.time;
  return isPlain ? text : text + record("mtime", decimal(mtime));
}

function extendedOf({ xattrs, acl, defaultAcl }: Entry): string {
  let text = "";
  for (const [name, value] of Object.entries(xattrs ?? {})) {
    text += record(`SCHILY.xattr.${name}`, Buffer.from(value, "base64").toString("latin1"));
  }
  if (acl !== undefined) text += record("SCHILY.acl.access", acl);
  if (defaultAcl !== undefined) text += record("SCHILY.acl.default", defaultAcl);
  return text;
}

function floorSeconds(time: bigint): bigint {
  return time >= 0n ? time / second : (time - second + 1n) / second;
}

function decimal(time: bigint): string {
  const size = time < 0n ? -time : time;
  const fraction = String(size % second).padStart(9, "0");
  return `${time < 0n ? "-" : ""}${size / second}.${fraction}`;
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
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly time: number;
  readonly device: readonly [number, number] | undefined;
}

const extendedHeader: UstarFields = {
  name: "PaxHeader",
  link: "",
  letter: "x",
  mode: 0o600,
  uid: 0,
  gid: 0,
  size: 0,
  time: 0,
  device: undefined,
};

const checksumOffset = 148;
/** What lies behind it is always zero. */
const headerEnd = 345;

/** Into zeros. */
function writeUstar(bytes: Buffer, start: number, fields: UstarFields): void {
  const { name, link, device } = fields;
  writeText(bytes, fits(name) ? name : name.slice(0, 100), start);
  const numbers =
    octal(fields.mode, 7) +
    octal(fields.uid, 7) +
    octal(fields.gid, 7) +
    octal(fields.size, 11) +
    octal(fields.time, 11);
  writeText(bytes, `${numbers}        ${fields.letter}`, start + 100);
  if (link !== "") writeText(bytes, link.slice(0, 100), start + 157);
  writeText(bytes, "ustar\u000000", start + 257);
  writeText(bytes, octal(device?.[0] ?? 0, 7) + octal(device?.[1] ?? 0, 7), start + 329);
  let sum = 0;
  for (let index = start; index < start + headerEnd; index += 1) sum += bytes[index] ?? 0;
  writeText(bytes, `${octal(sum, 6)} `, start + checksumOffset);
}

/** A string of bytes. */
function writeText(bytes: Buffer, text: string, offset: number): void {
  bytes.write(text, offset, "latin1");
}

/** So many digits and a NUL. */
function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}

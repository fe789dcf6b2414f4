import { CorruptError } from "../layouts/errors.ts";
import { ByteStream } from "./byte-stream.ts";

/** A file in a tar. */
export interface TarMember {
  /** As it is written there, with one character a byte and without `./` before it. */
  readonly name: string;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Where its bytes begin. */
  readonly offset: number;
  /** Undefined where there are more than the reader takes. */
  readonly bytes: Buffer | undefined;
}

const block = 512;
/** Of a pax header or a long name: far more than any name takes. */
const mostHeaderBytes = 1024 * 1024;

/**
 * The files of a tar, in order: ustar, GNU and pax forms. What is no file is passed over, and so is what
 * comes after the end, such as the rest of the disk that it lies on.
 *
 * @throws CorruptError where it is no tar, or cut off
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  { mostBytes }: { readonly mostBytes: number },
): AsyncGenerator<TarMember> {
  const stream = new ByteStream(chunks);
  let long: Long = {};
  try {
    for (;;) {
      const header = await readHeader(stream);
      if (header === undefined) return;
      if (header.type === "x" || header.type === "L") {
        Object.assign(long, await readLong(stream, header));
        continue;
      }
      const member = await readMember(stream, { ...header, ...long }, mostBytes);
      long = {};
      if (member !== undefined) yield member;
    }
  } finally {
    await stream.close();
  }
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly mtime: bigint;
  readonly type: string;
}

/** What a header before another one says of it. */
type Long = { -readonly [K in "name" | "size" | "mtime"]?: Header[K] };

async function readHeader(stream: ByteStream): Promise<Header | undefined> {
  const at = stream.offset;
  const bytes = await stream.take(block);
  // An end without its blocks of zeros is one, too.
  if (bytes.length === 0 || (bytes.length === block && bytes.every((byte) => byte === 0))) {
    return undefined;
  }
  if (bytes.length < block || numberAt(bytes, 148, 8) !== sumOf(bytes)) {
    throw new CorruptError(
      at === 0 ? "it is no tar" : `it is no tar any more after ${at} bytes: a header is bad`,
    );
  }
  return {
    name: nameIn(bytes),
    size: numberAt(bytes, 124, 12),
    mtime: BigInt(numberAt(bytes, 136, 12)) * 1_000_000_000n,
    type: String.fromCharCode(bytes[156] ?? 0),
  };
}

async function readMember(
  stream: ByteStream,
  { name, size, mtime, type }: Header,
  mostBytes: number,
): Promise<TarMember | undefined> {
  const isFile = type === "0" || type === "\0" || type === "7";
  const { offset } = stream;
  const isTaken = isFile && size <= mostBytes;
  const bytes = isTaken ? await stream.take(size) : undefined;
  const got = bytes === undefined ? await stream.skip(size) : bytes.length;
  if (got < size) throw new CorruptError(`it is cut off within ${name}`);
  await stream.skip(paddingOf(size));
  return isFile ? { name: plain(name), size, mtime, offset, bytes } : undefined;
}

async function readLong(stream: ByteStream, { type, size }: Header): Promise<Long> {
  if (size > mostHeaderBytes) throw new CorruptError("it is no tar: a header has no end");
  const bytes = await stream.take(size);
  if (bytes.length < size) throw new CorruptError("it is cut off within a header");
  await stream.skip(paddingOf(size));
  return type === "L" ? { name: textAt(bytes, 0, size) } : paxOf(bytes);
}

/** Records are `<length> <key>=<value>\n`, the length that of the whole record. */
function paxOf(bytes: Buffer): Long {
  const records = new Map<string, string>();
  for (let offset = 0; offset < bytes.length;) {
    const space = bytes.indexOf(0x20, offset);
    const length = Number.parseInt(bytes.toString("latin1", offset, space), 10);
    if (!(length > 0)) break;
    const [key = "", ...value] = bytes
      .toString("latin1", space + 1, offset + length - 1)
      .split("=");
    records.set(key, value.join("="));
    offset += length;
  }
  const [name, size, mtime] = [records.get("path"), records.get("size"), records.get("mtime")];
  return {
    ...(name === undefined ? undefined : { name }),
    ...(size === undefined ? undefined : { size: Number(size) }),
    ...(mtime === undefined ? undefined : { mtime: BigInt(Math.round(Number(mtime) * 1e9)) }),
  };
}

function nameIn(header: Buffer): string {
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function plain(name: string): string {
  return name.replace(/^(?:\.\/)+/, "");
}

function textAt(bytes: Buffer, offset: number, length: number): string {
  const text = bytes.toString("latin1", offset, offset + length);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Octal digits or, where the first bit is set, a number of bytes. */
function numberAt(header: Buffer, offset: number, length: number): number {
  if (((header[offset] ?? 0) & 0x80) === 0) {
    const text = textAt(header, offset, length).trim();
    return text === "" ? 0 : Number.parseInt(text, 8);
  }
  let value = 0;
  for (let at = offset + 1; at < offset + length; at += 1) value = value * 256 + (header[at] ?? 0);
  return value;
}

/** Of all bytes, those of the sum itself taken for spaces. */
function sumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function paddingOf(size: number): number {
  return (block - (size % block)) % block;
}

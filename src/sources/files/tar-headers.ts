import type { ExtendedMetadata } from "../../manifest/entry.ts";
import { readAcl } from "./acl.ts";

const block = 512;
const accessAcl = "system.posix_acl_access";
const defaultAcl = "system.posix_acl_default";

/** Takes the headers out of a tar stream, and passes over the contents. */
export class TarHeaders {
  readonly #onHeader: (path: string, extended: ExtendedMetadata) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of content that are still to come. */
  #skip = 0;
  #records = new Map<string, Buffer>();

  /** `onHeader` gets the path with one character a byte. */
  constructor(onHeader: (path: string, extended: ExtendedMetadata) => void) {
    this.#onHeader = onHeader;
  }

  feed(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      bytes = bytes.subarray(skipped);
      const used = this.#skip > 0 ? 0 : this.#readHeader(bytes);
      if (used === 0) break;
      bytes = bytes.subarray(used);
    }
    this.#rest = bytes;
  }

  /** Returns how many bytes it took; 0 where more are needed. */
  #readHeader(bytes: Buffer): number {
    if (bytes.length < block) return 0;
    // The end is marked by blocks of zeros.
    if (bytes[0] === 0) return block;
    const size = Number.parseInt(bytes.toString("latin1", 124, 136), 8);
    const type = String.fromCharCode(bytes[156] ?? 0);
    if (type === "x") {
      if (bytes.length < block + padded(size)) return 0;
      this.#records = readRecords(bytes.subarray(block, block + size));
      return block + padded(size);
    }
    const records = this.#records;
    this.#records = new Map();
    this.#skip = padded(Number(records.get("size")?.toString() ?? size));
    this.#onHeader(pathOf(bytes, records), extendedOf(records));
    return block;
  }
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

/** Records are `<length> <key>=<value>\n`, the length that of the whole record. */
function readRecords(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let offset = 0; offset < bytes.length;) {
    const space = bytes.indexOf(0x20, offset);
    const equals = bytes.indexOf(0x3d, space);
    const length = Number.parseInt(bytes.toString("latin1", offset, space), 10);
    if (!(length > 0)) break;
    const end = offset + length;
    records.set(bytes.toString("latin1", space + 1, equals), bytes.subarray(equals + 1, end - 1));
    offset = end;
  }
  return records;
}

function pathOf(header: Buffer, records: ReadonlyMap<string, Buffer>): string {
  const long = records.get("path")?.toString("latin1");
  const path = long ?? joined(textOf(header, 345, 155), textOf(header, 0, 100));
  return path.replace(/^\.\/(?=.)/, "").replace(/\/+$/, "");
}

function joined(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(header: Buffer, offset: number, length: number): string {
  const end = header.indexOf(0, offset);
  return header.toString(
    "latin1",
    offset,
    end < 0 ? offset + length : Math.min(end, offset + length),
  );
}

function extendedOf(records: ReadonlyMap<string, Buffer>): ExtendedMetadata {
  const xattrs: Record<string, string> = {};
  const acls = new Map<string, string>();
  for (const [key, value] of records) {
    const name = /^SCHILY\.xattr\.(.*)$/s.exec(key)?.[1];
    const acl = name === accessAcl || name === defaultAcl ? readAcl(value) : undefined;
    if (name !== undefined && acl !== undefined) acls.set(name, acl);
    else if (name !== undefined) xattrs[name] = value.toString("base64");
  }
  return {
    ...(Object.keys(xattrs).length === 0 ? undefined : { xattrs }),
    ...aclOf("acl", acls.get(accessAcl)),
    ...aclOf("defaultAcl", acls.get(defaultAcl)),
  };
}

function aclOf(key: "acl" | "defaultAcl", text: string | undefined): ExtendedMetadata | undefined {
  return text === undefined ? undefined : { [key]: text };
}

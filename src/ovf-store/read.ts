import { readTar } from "./tar.ts";

/** A document as it lies in an OVF store. */
export interface StoredDocument {
  /** Of the machine: the name of the file, in lower case; undefined where that is no id. */
  readonly id: string | undefined;
  /** Of the file. */
  readonly name: string;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Where its bytes begin in the tar. */
  readonly offset: number;
  /** Undefined where there are more than `maxDocumentSize`. */
  readonly bytes: Buffer | undefined;
}

/** What an OVF store says beside its documents. */
export interface StoreFacts {
  /** Of `info.json`; undefined where there is none that can be read. */
  readonly info: unknown;
  /** Of `metadata.json`: the state of machines that are not down, by id in lower case. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** Bytes of a document; one with more is none that oVirt makes. */
export const maxDocumentSize: number = 16 * 1024 * 1024;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id as all of oVirt's are, in lower case; undefined where a text is none. */
export function idIn(text: string | undefined): string | undefined {
  return text !== undefined && uuid.test(text) ? text.toLowerCase() : undefined;
}

/**
 * Reads an OVF store, a tar, and gives each document to `visit`, in order. Other members are passed
 * over. The next one comes when `visit` has resolved.
 *
 * @throws CorruptError where it is no tar, or cut off
 */
export async function readOvfStore(
  chunks: AsyncIterable<Uint8Array>,
  visit: (document: StoredDocument) => Promise<void>,
): Promise<StoreFacts> {
  let info: unknown;
  let metadata: unknown;
  for await (const member of readTar(chunks, { mostBytes: maxDocumentSize })) {
    const { name, bytes } = member;
    if (name === "info.json") info = jsonOf(bytes);
    else if (name === "metadata.json") metadata = jsonOf(bytes);
    else if (/\.ovf$/i.test(name)) await visit({ ...member, id: idIn(baseOf(name)) });
  }
  return { info, statuses: statusesIn(metadata) };
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1, -".ovf".length);
}

function jsonOf(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString("utf8") ?? "null") as unknown;
  } catch {
    // The documents are what counts, and they need neither of the two.
    return undefined;
  }
}

function statusesIn(metadata: unknown): ReadonlyMap<string, number> {
  const given = (metadata as { "VM Status"?: unknown } | null | undefined)?.["VM Status"];
  const statuses = new Map<string, number>();
  if (typeof given !== "object" || given === null) return statuses;
  for (const [key, status] of Object.entries(given)) {
    const id = idIn(key);
    if (id !== undefined && typeof status === "number") statuses.set(id, status);
  }
  return statuses;
}

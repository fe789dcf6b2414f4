import { hash } from "node:crypto";
import { z } from "zod";
import { decodeEntry, encodeEntry, type EntryLine } from "../../manifest/entry-line.ts";
import type { Entry, ManifestBody, ManifestHead } from "../../manifest/entry.ts";
import type { StoreInfo } from "../../ovf-store/write.ts";
import { PlaceError, type Provider, type StoredObject } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { readRange } from "../read-object.ts";
import { tarOf } from "./slots.ts";

/** Where the bytes of an entry lie. */
export interface PlacedEntry {
  readonly entry: Entry;
  /** In the tar. */
  readonly offset: number;
}

interface Description extends StoreInfo {
  /** Of the tar, in bytes. */
  readonly Size: number;
  /** Of the tar. */
  readonly sha256: string;
  readonly body: ManifestBody;
}

/** What a side file says; `store` is there once the tar is good. */
export interface SideFile {
  readonly head: ManifestHead;
  readonly store?: Description & { readonly entries: readonly PlacedEntry[] };
}

const format = "lastgood-ovf-store";
const version = 1;
const disk = "OVF_STORE";

/** Says of which backup the tar is going to be, or was: no copy is there. */
export function announce(head: object, key: string, info: StoreInfo): string {
  return `${JSON.stringify({ Updated: false, "Disk Description": disk, ...info, ...file(key), head })}\n`;
}

/** The side file of a tar that is good, in JSON with a line for each entry. */
export function describeStore(
  head: ManifestHead,
  key: string,
  { entries, body, Size, sha256, ...info }: NonNullable<SideFile["store"]>,
): string {
  const start = { Updated: true, "Disk Description": disk, ...info, Size, ...file(key), sha256 };
  const lines = entries.map(({ entry, offset }) => `[${offset},${encodeEntry(entry)}]`);
  const rest = JSON.stringify({ ...start, head, body }).slice(0, -1);
  return `${rest},"entries":[\n${lines.join(",\n")}\n]}\n`;
}

function file(key: string): Readonly<Record<string, unknown>> {
  return { format, version, tar: nameOf(tarOf(key)) };
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

const head = z.looseObject({
  format: z.literal("lastgood-manifest"),
  version: z.literal(1),
  installation: z.string(),
  backup: z.looseObject({ name: z.string(), source: z.string(), sourceType: z.string() }),
});
const common = z.object({
  format: z.literal(format),
  version: z.number(),
  tar: z.string(),
  head,
  Updated: z.boolean(),
});
const whole = z.object({
  "Last Updated": z.string(),
  "Storage Domains": z.array(z.object({ uuid: z.string() })),
  Size: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  body: z.looseObject({ items: z.array(z.looseObject({})) }),
  entries: z.array(z.tuple([z.number().int().min(0), z.looseObject({ p: z.string() })])),
});

/**
 * @param key where it lies: one that was copied into another slot is not that slot's
 * @throws CorruptError for what is no side file of this slot
 */
export function parseSideFile(text: string, key: string): SideFile {
  const given = parse(text);
  const found = common.safeParse(given);
  if (!found.success) throw new CorruptError(`${key} is not the side file of an OVF store`);
  const side = found.data;
  if (side.version !== version) {
    throw new PlaceError("failed", `${key} has version ${side.version}, not ${version}`, {
      hint: "It was written by a newer lastgood; read it with that one.",
    });
  }
  const isOfSlot = `${side.head.backup.source}/${side.tar}` === tarOf(key);
  if (!isOfSlot) throw new CorruptError(`${key} is the side file of another OVF store`);
  const known = { head: side.head as unknown as ManifestHead };
  if (!side.Updated) return known;
  const store = whole.safeParse(given);
  if (!store.success) throw new CorruptError(`${key} does not say all that a side file says`);
  return { ...known, store: { ...store.data, ...decoded(store.data, key) } };
}

function decoded(
  { body, entries }: z.infer<typeof whole>,
  key: string,
): { body: ManifestBody; entries: readonly PlacedEntry[] } {
  try {
    return {
      body: body as unknown as ManifestBody,
      entries: entries.map(([offset, line]) => ({
        offset,
        entry: decodeEntry(line as unknown as EntryLine),
      })),
    };
  } catch (cause) {
    throw new CorruptError(`${key} names an entry that cannot be one`, { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Of side files: a line for each of a million machines would still fit. */
const mostBytes = 512 * 1024 * 1024;

export interface ReadSideFile {
  readonly side: SideFile;
  readonly sha256: string;
  readonly size: number;
}

/** Reads a whole side file. @throws CorruptError; PlaceError */
export async function readSideFile(
  provider: Provider,
  { key, size }: StoredObject,
): Promise<ReadSideFile> {
  if (size > mostBytes) throw new CorruptError(`${key} is too large to be a side file`);
  const bytes = await readRange(provider, key, { offset: 0, length: size });
  const sha256 = hash("sha256", bytes, "hex");
  return { side: parseSideFile(bytes.toString("utf8"), key), sha256, size };
}

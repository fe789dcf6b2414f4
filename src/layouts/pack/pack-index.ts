import type { Content, Segment } from "../../manifest/entry.ts";
import { CorruptError } from "../errors.ts";

/*
 * The index of a pack, for the catalogue: "lgx1", the length of a head, the head as JSON, and a record
 * of 44 bytes for each content that lies in one frame: sha256, size, number of the frame, skip. Content
 * of several frames stands in the head of the pack that its last frame lies in.
 */

export const recordSize = 44;
const magic = 0x6c677831;

export interface PackIndexHead {
  readonly size: number;
  readonly sha256: string;
  /** Stored length of each frame, in order; they follow each other without gaps. */
  readonly frames: readonly number[];
  readonly large: readonly Content[];
}

export interface PackIndex extends PackIndexHead {
  readonly name: string;
  readonly records: Buffer;
  /** Where each frame begins. */
  readonly offsets: readonly number[];
}

/** Content in one frame, by the number of that frame. */
export interface SmallContent {
  readonly content: Content;
  readonly frame: number;
  readonly skip: number;
}

export function encodePackIndex(head: PackIndexHead, contents: readonly SmallContent[]): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.alloc(8 + json.length + contents.length * recordSize);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt32BE(json.length, 4);
  json.copy(bytes, 8);
  let at = 8 + json.length;
  for (const { content, frame, skip } of contents) {
    bytes.write(content.sha256, at, "hex");
    bytes.writeUInt32BE(content.size, at + 32);
    bytes.writeUInt32BE(frame, at + 36);
    bytes.writeUInt32BE(skip, at + 40);
    at += recordSize;
  }
  return bytes;
}

/** @throws CorruptError for what is no index */
export function decodePackIndex(name: string, bytes: Buffer): PackIndex {
  const length = bytes.length < 8 || bytes.readUInt32BE(0) !== magic ? -1 : bytes.readUInt32BE(4);
  const records = bytes.subarray(8 + length);
  if (length < 0 || records.length % recordSize !== 0) {
    throw new CorruptError(`the catalogue's index of pack ${name} is damaged`);
  }
  const head = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as PackIndexHead;
  let end = 0;
  const offsets = head.frames.map((frame) => (end += frame) - frame);
  return { ...head, name, records, offsets };
}

/** The content that a record names; its number counts from 0. */
export function contentAt(index: PackIndex, number: number): Content {
  const at = number * recordSize;
  const frame = index.records.readUInt32BE(at + 36);
  const segment: Segment = {
    pack: index.name,
    offset: index.offsets[frame] ?? 0,
    frames: [index.frames[frame] ?? 0],
    skip: index.records.readUInt32BE(at + 40),
  };
  return {
    size: index.records.readUInt32BE(at + 32),
    sha256: index.records.toString("hex", at, at + 32),
    segments: [segment],
  };
}

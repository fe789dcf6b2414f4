import { hash } from "node:crypto";
import { CorruptError } from "../layouts/errors.ts";

/*
 * A manifest is one object:
 *
 *   head       one line of JSON, never encrypted: ManifestHead
 *   blocks     each a frame: up to 4096 entries in order, one line of JSON each
 *   body       a frame: ManifestBody as JSON
 *   directory  a frame: where the blocks are, their first paths and their sha256, as JSON
 *   trailer    72 bytes: length of the head, offset and length of the directory, sha256 of all that
 *              lies between these two, a magic word
 *
 * Its sha256, kept in the catalogue, is that of head, directory and trailer. These are all that a
 * reader needs before it can read one block, and the directory vouches for every block and the body.
 * The trailer does so too, without a key.
 */

/** How the keys of all manifests begin. */
export const manifestFolder = "manifests/";
/** How those begin that a repack wrote. */
export const repackedFolder = "manifests/repacked/";

/** Of the manifest of a backup, as it is first written. */
export function manifestKey(backupName: string): string {
  return `${manifestFolder}${backupName}.manifest`;
}

/** Where manifests of a backup lie that a repack wrote; a folder of its own, so that no names meet. */
export function repackedManifests(backupName: string): string {
  return `${repackedFolder}${backupName}/`;
}

/** The backup whose manifest lies under a key; undefined for other keys. */
export function backupOfManifest(key: string): string | undefined {
  const match =
    /^manifests\/(?:repacked\/(?<repacked>[^/]+)\/[^/]+|(?<plain>[^/]+))\.manifest$/.exec(key);
  return match?.groups?.["repacked"] ?? match?.groups?.["plain"];
}

export const trailerSize = 72;
const magic = Buffer.from("lastgood-mfst-1\n", "latin1");

/** A frame between head and directory. */
export interface Block {
  /** In the object. */
  readonly offset: number;
  readonly length: number;
  /** Of the frame as it is stored. */
  readonly sha256: string;
}

export interface EntryBlock extends Block {
  /** Path of its first entry. */
  readonly first: string;
  readonly entries: number;
}

/** The directory as it is stored: the blocks follow each other, so that lengths are enough. */
export interface DirectoryText {
  readonly blocks: readonly (readonly [
    first: string,
    entries: number,
    length: number,
    sha256: string,
  ])[];
  readonly body: readonly [length: number, sha256: string];
}

export interface Trailer {
  readonly headLength: number;
  readonly directoryOffset: number;
  readonly directoryLength: number;
  /** Of blocks and body, as they are stored. */
  readonly blocksSha256: string;
}

export function encodeTrailer(trailer: Trailer): Buffer {
  const bytes = Buffer.alloc(trailerSize);
  bytes.writeBigUInt64BE(BigInt(trailer.headLength), 0);
  bytes.writeBigUInt64BE(BigInt(trailer.directoryOffset), 8);
  bytes.writeBigUInt64BE(BigInt(trailer.directoryLength), 16);
  bytes.write(trailer.blocksSha256, 24, "hex");
  magic.copy(bytes, 56);
  return bytes;
}

/** @throws CorruptError where these cannot be the last bytes of a manifest of that size */
export function decodeTrailer(bytes: Buffer, size: number): Trailer {
  const trailer: Trailer = {
    headLength: Number(bytes.readBigUInt64BE(0)),
    directoryOffset: Number(bytes.readBigUInt64BE(8)),
    directoryLength: Number(bytes.readBigUInt64BE(16)),
    blocksSha256: bytes.toString("hex", 24, 56),
  };
  const { headLength, directoryOffset, directoryLength } = trailer;
  const fits =
    headLength > 0 &&
    headLength <= directoryOffset &&
    directoryOffset + directoryLength + trailerSize === size;
  if (!bytes.subarray(56).equals(magic) || !fits) {
    throw new CorruptError("the manifest does not end as a manifest does");
  }
  return trailer;
}

/** What the catalogue knows a manifest by. */
export function manifestHash(head: Uint8Array, directory: Uint8Array, trailer: Uint8Array): string {
  return hash("sha256", Buffer.concat([head, directory, trailer]), "hex");
}

/** Where everything is, from the directory's text. */
export function locateBlocks(
  text: DirectoryText,
  headLength: number,
): { readonly blocks: readonly EntryBlock[]; readonly body: Block } {
  let offset = headLength;
  const blocks = text.blocks.map(([first, entries, length, sha256]) => {
    const block: EntryBlock = { first, entries, offset, length, sha256 };
    offset += length;
    return block;
  });
  const [length, sha256] = text.body;
  return { blocks, body: { offset, length, sha256 } };
}

import { CorruptError } from "../layouts/errors.ts";
import { readRange } from "../layouts/read-object.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import type { ManifestHead } from "./entry.ts";
import { decodeTrailer, manifestHash, type Trailer, trailerSize } from "./form.ts";

/** Head and directory of a manifest as they are stored. */
export interface LoadedManifest {
  readonly head: ManifestHead;
  readonly headLength: number;
  /** Still a frame. */
  readonly directory: Buffer;
  readonly trailer: Trailer;
  readonly size: number;
  /** Of what was read, to be compared with the catalogue. */
  readonly sha256: string;
}

/** Read first, from the end: as a rule the whole directory is in it, and of most manifests the head. */
const tailSize = 128 * 1024;

/**
 * Reads what comes before and after the blocks: one to three ranged reads. It takes neither a key nor
 * the catalogue, so that a lost one can be made anew; whether it is true, only a check of the whole copy
 * tells.
 *
 * @throws CorruptError for what cannot be a manifest
 */
export async function loadManifest(
  provider: Provider,
  key: string,
  size: number,
): Promise<LoadedManifest> {
  if (size < trailerSize) throw new CorruptError(`${key} is too short to be a manifest`);
  const tailStart = Math.max(0, size - tailSize);
  const tail = await readRange(provider, key, { offset: tailStart, length: size - tailStart });
  const read = async (offset: number, length: number): Promise<Buffer> =>
    offset >= tailStart
      ? tail.subarray(offset - tailStart, offset - tailStart + length)
      : await readRange(provider, key, { offset, length });
  const trailer = tail.subarray(-trailerSize);
  const decoded = decodeTrailer(trailer, size);
  const { headLength, directoryOffset, directoryLength } = decoded;
  const [head, directory] = await Promise.all([
    read(0, headLength),
    read(directoryOffset, directoryLength),
  ]);
  const sha256 = manifestHash(head, directory, trailer);
  return { head: parseHead(head), headLength, directory, trailer: decoded, size, sha256 };
}

function parseHead(bytes: Buffer): ManifestHead {
  const head = parseLine(bytes);
  if (head?.format !== "lastgood-manifest") throw new CorruptError("the head is not a manifest's");
  // A later version of the format is no corruption, but nothing here can read it.
  const version: number = head.version;
  if (version !== 1) {
    throw new PlaceError("failed", `the manifest has version ${version}, not 1`, {
      hint: "It was written by a newer lastgood; read it with that one.",
    });
  }
  return head;
}

function parseLine(bytes: Buffer): ManifestHead | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as ManifestHead;
  } catch {
    return undefined;
  }
}

import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { messageOf } from "../errors.ts";
import { CorruptError } from "../layouts/errors.ts";
import { createDecrypter, createEncrypter } from "./age.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Most bytes that a frame of content holds before it is compressed. */
export const maxFrameSize: number = 4 * 1024 * 1024;

/** Where a frame does not say how large it is. */
const defaultChunkSize = 64 * 1024;

export type EncodeFrame = (raw: Uint8Array) => Promise<Uint8Array>;
export type DecodeFrame = (stored: Uint8Array) => Promise<Buffer>;

/** Makes frames: one zstd frame with a checksum, and with recipients one age file around it. */
export function createFrameEncoder(recipients: readonly string[], level = 3): EncodeFrame {
  const encrypt = createEncrypter(recipients);
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    // Without it most flipped bits decompress to wrong bytes in silence.
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  return async (raw) => {
    // One piece of output as a rule: the default of 16 KiB costs a round trip for each, and large
    // ones that stay half empty cost the collector's time.
    const chunkSize = Math.max(1024, Math.min(raw.length + 1024, 2 * 1024 * 1024));
    // It writes the size into the frame, which spares whoever opens it memory and copies.
    const frame = await compress(raw, { params, chunkSize, pledgedSrcSize: raw.length });
    return encrypt === undefined ? frame : await encrypt(frame);
  };
}

/**
 * Opens frames. What it returns throws CorruptError for a frame that is not as it was made, and
 * KeyMissingError where it is encrypted and no identity fits.
 */
export function createFrameDecoder(
  recipients: readonly string[],
  identities: readonly string[],
  maxSize: number = maxFrameSize,
): DecodeFrame {
  const decrypt = createDecrypter(recipients, identities);
  return async (stored) => {
    const frame = decrypt === undefined ? stored : await decrypt(stored);
    const size = sizeOf(frame) ?? defaultChunkSize;
    if (size > maxSize) throw new CorruptError(`a frame says that it holds ${size} bytes`);
    // One byte more than will be used, or another chunk would be asked for.
    const chunkSize = Math.max(1024, size + 1);
    try {
      return await decompress(frame, { chunkSize, maxOutputLength: maxSize });
    } catch (cause) {
      throw new CorruptError(`a frame does not decompress: ${messageOf(cause)}`, { cause });
    }
  };
}

/** What a zstd frame says that it decompresses to; undefined where it says nothing. */
function sizeOf(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.byteLength < 13 || view.getUint32(0, true) !== 0xfd2fb528) return undefined;
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = isSingleSegment ? 5 : 6;
  const width = descriptor >>> 6;
  if (width === 0) return isSingleSegment ? view.getUint8(at) : undefined;
  if (width === 1) return view.getUint16(at, true) + 256;
  return width === 2 ? view.getUint32(at, true) : undefined;
}

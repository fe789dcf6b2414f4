import { type ByteRange, PlaceError, type Provider } from "../providers/provider.ts";
import { CorruptError } from "./errors.ts";

/**
 * A part of an object, in memory.
 *
 * @throws CorruptError where the object is there but shorter; PlaceError as the provider does
 */
export async function readRange(
  provider: Provider,
  key: string,
  range: ByteRange,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await provider.get(key, range)) chunks.push(chunk as Uint8Array);
  } catch (error) {
    // "missing" is said of a range beyond the end, too.
    if (!(error instanceof PlaceError) || error.trouble !== "missing") throw error;
    if ((await provider.stat(key)) === undefined) throw error;
  }
  const bytes = joined(chunks);
  if (bytes.length !== range.length) throw new CorruptError(`${key} is shorter than it was`);
  return bytes;
}

/** Most ranges come in one piece, which is taken as it is. */
function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (first === undefined || chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.length);
}

const mega = 1024 * 1024;

/** A service takes no more parts of an object than this. */
export const mostParts = 10_000;

const largestPart = 5 * 1024 * mega;
const firstBlock = 64 * 1024;

/**
 * How large the next part is when so much was sent: a thousandth of it, once that is more than usual.
 * So 10,000 parts hold 5 TiB whatever the usual size, and memory stays a small part of the object.
 */
export function nextPartSize(sent: number, usual: number): number {
  const grown = Math.ceil(sent / 1000 / mega) * mega;
  return Math.min(largestPart, Math.max(usual, grown));
}

/**
 * A body in parts: all full but the last, of which there is always one. A part is the caller's until it
 * puts its memory among the spare ones.
 */
export async function* inParts(
  body: AsyncIterable<Uint8Array>,
  usual: number,
  spare: Buffer[],
): AsyncGenerator<{ bytes: Buffer; isFull: boolean }> {
  let [sent, used, size] = [0, 0, nextPartSize(0, usual)];
  let block: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    let rest = chunk;
    while (rest.length > 0) {
      if (used === block.length) {
        block = takeSpare(spare, used, size) ?? grow(block, size, sent === 0);
      }
      const taken = rest.subarray(0, block.length - used);
      block.set(taken, used);
      used += taken.length;
      rest = rest.subarray(taken.length);
      if (used < size) continue;
      yield { bytes: block, isFull: true };
      sent += size;
      [block, used, size] = [Buffer.alloc(0), 0, nextPartSize(sent, usual)];
    }
  }
  if (used > 0 || sent === 0) yield { bytes: block.subarray(0, used), isFull: false };
}

function takeSpare(spare: Buffer[], used: number, size: number): Buffer | undefined {
  const last = used === 0 ? spare.pop() : undefined;
  return last?.length === size ? last : undefined;
}

/** Most objects are small: memory for the first part comes as it is needed. */
function grow(block: Buffer, size: number, isFirst: boolean): Buffer {
  const larger = isFirst ? Math.min(size, Math.max(firstBlock, 2 * block.length)) : size;
  const grown = Buffer.allocUnsafeSlow(larger);
  grown.set(block);
  return grown;
}

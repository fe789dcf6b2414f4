import type { Provider } from "../../providers/provider.ts";
import { readRange } from "../read-object.ts";

/** A part of an object. */
export interface Piece {
  readonly offset: number;
  readonly size: number;
}

/** What is read at once, at most, where pieces lie beside each other. */
const mostAtOnce = 4 * 1024 * 1024;
/** Bytes between pieces that are read along: headers of a tar. */
const mostBetween = 2048;

/** The bytes of pieces of an object, in the given order. Of large ones no more than a block is in memory. */
export async function* readPieces<T extends Piece>(
  provider: Provider,
  key: string,
  pieces: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<readonly [T, AsyncIterable<Uint8Array>]> {
  let run: T[] = [];
  for await (const piece of pieces) {
    if (!isNext(run, piece)) {
      yield* readRun(provider, key, run);
      run = [];
    }
    if (piece.size <= mostAtOnce) run.push(piece);
    else yield [piece, readLarge(provider, key, piece)];
  }
  yield* readRun(provider, key, run);
}

function isNext(run: readonly Piece[], piece: Piece): boolean {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return true;
  const between = piece.offset - (last.offset + last.size);
  return (
    between >= 0 && between <= mostBetween && piece.offset + piece.size - first.offset <= mostAtOnce
  );
}

async function* readRun<T extends Piece>(
  provider: Provider,
  key: string,
  run: readonly T[],
): AsyncGenerator<readonly [T, AsyncIterable<Uint8Array>]> {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return;
  const { offset } = first;
  const length = last.offset + last.size - offset;
  const bytes = length === 0 ? Buffer.alloc(0) : await readRange(provider, key, { offset, length });
  for (const piece of run) {
    const start = piece.offset - offset;
    yield [piece, chunksOf(bytes.subarray(start, start + piece.size))];
  }
}

async function* readLarge(
  provider: Provider,
  key: string,
  { offset, size }: Piece,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of await provider.get(key, { offset, length: size })) {
    yield chunk as Uint8Array;
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

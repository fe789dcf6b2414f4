/** A run of bytes that are not all zeros, or at least count as such. */
export interface DataRun {
  readonly offset: number;
  readonly length: number;
}

/** Holes are looked for in steps of this; shorter runs of zeros are data. */
const step = 64 * 1024;
const zeros = Buffer.alloc(step);

/** Where a chunk that stands at `position` has data. */
export function dataIn(chunk: Uint8Array, position: number): readonly DataRun[] {
  const runs: DataRun[] = [];
  for (let start = 0; start < chunk.length;) {
    const length = Math.min(step - ((position + start) % step), chunk.length - start);
    if (zeros.compare(chunk, start, start + length, 0, length) !== 0) {
      addRun(runs, { offset: position + start, length });
    }
    start += length;
  }
  return runs;
}

/** Where content has data. Only these runs are kept in memory. */
export async function dataRuns(bytes: AsyncIterable<Uint8Array>): Promise<readonly DataRun[]> {
  const runs: DataRun[] = [];
  let position = 0;
  for await (const chunk of bytes) {
    for (const run of dataIn(chunk, position)) addRun(runs, run);
    position += chunk.length;
  }
  return runs;
}

function addRun(runs: DataRun[], { offset, length }: DataRun): void {
  const last = runs.at(-1);
  if (last === undefined || last.offset + last.length !== offset) runs.push({ offset, length });
  else runs[runs.length - 1] = { offset: last.offset, length: last.length + length };
}

/** Only the runs of content, in order. */
export async function* onlyRuns(
  bytes: AsyncIterable<Uint8Array>,
  runs: readonly DataRun[],
): AsyncGenerator<Uint8Array> {
  let [position, index] = [0, 0];
  for await (const chunk of bytes) {
    const end = position + chunk.length;
    for (let run = runs[index]; run !== undefined && run.offset < end; run = runs[index]) {
      const from = Math.max(run.offset, position);
      const to = Math.min(run.offset + run.length, end);
      yield chunk.subarray(from - position, to - position);
      if (run.offset + run.length > end) break;
      index += 1;
    }
    position = end;
  }
}

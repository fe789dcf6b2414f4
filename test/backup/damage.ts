import { chmod, readFile, rm, writeFile } from "node:fs/promises";

/** What happened to an object since it was stored. */
export interface Damage {
  /** As the table says it; those of one kind follow each other. */
  readonly name: string;
  /** Undefined where the object is gone. */
  readonly apply: (bytes: Buffer, other: Buffer) => Buffer | undefined;
}

const tenths = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const blockSize = 4096;

function flipped(bytes: Buffer, part: number): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * part));
  changed.writeUInt8(changed.readUInt8(at) ^ 16, at);
  return changed;
}

function zeroed(bytes: Buffer, part: number): Buffer {
  const changed = Buffer.from(bytes);
  const start = Math.floor(Math.max(0, bytes.length - blockSize) * part);
  return changed.fill(0, start, start + blockSize);
}

const trailerSize = 72;

/** Of any object. */
export const damages: readonly Damage[] = [
  ...tenths.map((tenth) => ({
    name: `cut to ${tenth * 10} %`,
    apply: (bytes: Buffer) => bytes.subarray(0, Math.floor((bytes.length * tenth) / 10)),
  })),
  { name: "its last 72 bytes cut off", apply: (bytes) => bytes.subarray(0, -trailerSize) },
  { name: "emptied", apply: () => Buffer.alloc(0) },
  { name: "one byte longer", apply: (bytes) => Buffer.concat([bytes, Buffer.from("x")]) },
  ...[0, 25, 50, 75, 100].map((percent) => ({
    name: `one bit flipped at ${percent} %`,
    apply: (bytes: Buffer) => flipped(bytes, percent / 100),
  })),
  { name: "4 KiB zeros at its start", apply: (bytes) => zeroed(bytes, 0) },
  { name: "4 KiB zeros in its middle", apply: (bytes) => zeroed(bytes, 0.5) },
  { name: "4 KiB zeros at its end", apply: (bytes) => zeroed(bytes, 1) },
  { name: "that of an older backup in its place", apply: (_bytes, other) => other },
  { name: "deleted", apply: () => undefined },
];

/** Does it to a file, in place as a disk does, and gives back how to undo it. */
export async function damageFile(
  path: string,
  damage: Damage,
  other: string,
): Promise<() => Promise<void>> {
  const bytes = await readFile(path);
  const changed = damage.apply(bytes, await readFile(other));
  // Contents of a tree can be read only.
  await chmod(path, 0o600);
  await (changed === undefined ? rm(path) : writeFile(path, changed));
  return async () => writeFile(path, bytes, { mode: 0o600 });
}

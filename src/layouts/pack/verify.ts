import { createHash } from "node:crypto";
import type { Content, Entry, PackHead } from "../../manifest/entry.ts";
import type { ManifestReader } from "../../manifest/reader.ts";
import type { Provider } from "../../providers/provider.ts";
import { CorruptError, KeyMissingError } from "../errors.ts";
import { findingOf } from "../finding.ts";
import type { Finding, VerifyOptions } from "../layout.ts";
import { ahead } from "./ahead.ts";
import { checkContent, type FrameReader } from "./frame-reader.ts";
import { packKey } from "./pack-upload.ts";
import { type FrameGroup, plansOf } from "./read-plan.ts";

export interface VerifiedCopy {
  readonly provider: Provider;
  readonly manifestKey: string;
  readonly manifest: ManifestReader;
  readonly frames: FrameReader;
}

/** Frames that are read and decoded ahead. */
const framesAhead = 4;

/** Compares a copy with its manifest; head and directory of that were compared when it was opened. */
export async function* verifyPacks(
  copy: VerifiedCopy,
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  const lost = new Set<string>();
  yield* checkSize(copy.provider, copy.manifestKey, copy.manifest.size);
  if (options.level !== "stored") yield* copy.manifest.check(options.signal);
  const hashed = options.level === "stored" ? new Set<PackHead>() : sampleOf(copy, options.sample);
  for (const pack of copy.manifest.head.packs) {
    options.signal.throwIfAborted();
    for await (const finding of checkPack(copy.provider, pack, hashed.has(pack), options)) {
      // A pack that is there is decoded all the same: that tells which entries are hit.
      if (finding.result !== "corrupt") lost.add(pack.name);
      yield finding;
    }
  }
  if (options.level !== "decode") return;
  try {
    yield* decode(copy, options, lost);
  } catch (error) {
    const isAboutKeys = error instanceof KeyMissingError;
    yield findingOf(isAboutKeys ? "entries" : copy.manifestKey, error);
  }
}

async function* checkPack(
  provider: Provider,
  pack: PackHead,
  isHashed: boolean,
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  const key = packKey(pack.name);
  let fits = true;
  for await (const finding of checkSize(provider, key, pack.size)) {
    fits = false;
    yield finding;
  }
  if (!fits || !isHashed) return;
  try {
    const read = createHash("sha256");
    for await (const chunk of await provider.get(key)) {
      options.signal.throwIfAborted();
      read.update(chunk as Uint8Array);
      options.onProgress?.((chunk as Uint8Array).length);
    }
    if (read.digest("hex") !== pack.sha256) throw new CorruptError(`${key} has other bytes`);
  } catch (error) {
    yield findingOf(key, error);
  }
}

async function* checkSize(provider: Provider, key: string, size: number): AsyncGenerator<Finding> {
  try {
    const object = await provider.stat(key);
    if (object === undefined) yield { result: "missing", what: key, reason: "it is not there" };
    else if (object.size !== size) {
      const reason = `it has ${object.size} bytes instead of ${size}`;
      yield { result: "corrupt", what: key, reason };
    }
  } catch (error) {
    yield findingOf(key, error);
  }
}

async function* decode(
  copy: VerifiedCopy,
  options: VerifyOptions,
  lost: ReadonlySet<string>,
): AsyncGenerator<Finding> {
  const isReadable = ({ segments }: Content): boolean =>
    !segments.some(({ pack }) => lost.has(pack));
  const chosen = sampleEntries(copy.manifest.entries(), options.sample);
  for await (const { groups, large } of plansOf(chosen)) {
    const wanted = groups.filter(({ segment }) => !lost.has(segment.pack));
    const tasks = wanted.map((group) => () => decodeGroup(copy.frames, group));
    for await (const { bytes, findings } of ahead(tasks, framesAhead)) {
      options.signal.throwIfAborted();
      options.onProgress?.(bytes);
      yield* findings;
    }
    for (const entry of large) {
      if (isReadable(entry.content)) yield* decodeLarge(copy.frames, entry, options);
    }
  }
}

async function decodeGroup(
  frames: FrameReader,
  { segment, entries }: FrameGroup,
): Promise<{ readonly bytes: number; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const checked = new Map<string, boolean>();
  try {
    const [frame] = await frames.read(segment);
    for (const { path, content } of entries) {
      const isGood = checked.get(content.sha256) ?? isSound(content, frame);
      checked.set(content.sha256, isGood);
      if (!isGood) {
        findings.push({ result: "corrupt", what: path, reason: "its bytes are not those stored" });
      }
    }
    return { bytes: frame?.length ?? 0, findings };
  } catch (error) {
    return { bytes: 0, findings: entries.map(({ path }) => findingOf(path, error)) };
  }
}

function isSound(content: Content, frame: Buffer | undefined): boolean {
  const skip = content.segments[0]?.skip ?? 0;
  try {
    checkContent(content, frame?.subarray(skip, skip + content.size) ?? Buffer.alloc(0));
    return true;
  } catch {
    return false;
  }
}

async function* decodeLarge(
  frames: FrameReader,
  entry: Entry & { readonly content: Content },
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  try {
    for await (const bytes of frames.open(entry.content)) {
      options.signal.throwIfAborted();
      options.onProgress?.(bytes.length);
    }
  } catch (error) {
    yield findingOf(entry.path, error);
  }
}

/** That part of the packs, chosen at random; at least one. */
function sampleOf(copy: VerifiedCopy, sample: number): ReadonlySet<PackHead> {
  const { packs } = copy.manifest.head;
  const count = Math.max(1, Math.ceil(packs.length * sample));
  if (count >= packs.length) return new Set(packs);
  const drawn = packs.map((pack) => ({ pack, at: Math.random() }));
  return new Set(
    drawn
      .toSorted((a, b) => a.at - b.at)
      .slice(0, count)
      .map(({ pack }) => pack),
  );
}

/** That part of the entries with bytes, chosen at random; at least one. */
async function* sampleEntries(
  entries: AsyncIterable<Entry>,
  sample: number,
): AsyncGenerator<Entry> {
  let seen = 0;
  let chosen = 0;
  let spare: Entry | undefined;
  for await (const entry of entries) {
    if ((entry.content?.size ?? 0) === 0) continue;
    seen += 1;
    if (sample >= 1 || Math.random() < sample) {
      chosen += 1;
      yield entry;
    } else if (Math.random() * seen < 1) {
      spare = entry;
    }
  }
  if (chosen === 0 && spare !== undefined) yield spare;
}

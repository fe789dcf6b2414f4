import { createHash } from "node:crypto";
import { showPath } from "../../byte-path.ts";
import type { Entry } from "../../manifest/entry.ts";
import { readTar } from "../../ovf-store/tar.ts";
import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { findingOf } from "../finding.ts";
import type { CopyReader, Finding, VerifyOptions } from "../layout.ts";
import type { PlacedEntry } from "./side-file.ts";

export interface VerifiedStore {
  readonly provider: Provider;
  readonly manifestKey: string;
  readonly manifestSize: number;
  readonly tar: { readonly key: string; readonly size: number; readonly sha256: string };
  readonly entries: readonly PlacedEntry[];
  readonly reader: Pick<CopyReader, "open">;
}

/** Compares a tar with its side file, which was read as a whole and compared when it was opened. */
export async function* verifyStore(
  store: VerifiedStore,
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  const { key, size } = store.tar;
  const found: Finding[] = [];
  await tell(found, store.manifestKey, () =>
    checkSize(store.provider, store.manifestKey, store.manifestSize),
  );
  await tell(found, key, () => checkSize(store.provider, key, size));
  yield* found;
  if (options.level === "stored" || found.some(({ result }) => result === "missing")) return;
  if (options.sample < 1) yield* checkSome(store, options);
  else yield* checkAll(store, options);
}

async function tell(findings: Finding[], what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    findings.push(findingOf(what, error));
  }
}

async function checkSize(provider: Provider, key: string, size: number): Promise<void> {
  const stored = await provider.stat(key);
  if (stored === undefined) throw new PlaceError("missing", "it is not there");
  if (stored.size !== size) {
    throw new CorruptError(`it has ${stored.size} bytes instead of ${size}`);
  }
}

/** A part of the documents, but one at least. */
async function* checkSome(store: VerifiedStore, options: VerifyOptions): AsyncGenerator<Finding> {
  const certain = Math.floor(Math.random() * store.entries.length);
  for (const [index, { entry }] of store.entries.entries()) {
    if (index !== certain && Math.random() >= options.sample) continue;
    yield* checkEntry(store, entry, options);
  }
}

/** The hash of the tar vouches for all of it; where it is another one, each document is looked at. */
async function* checkAll(store: VerifiedStore, options: VerifyOptions): AsyncGenerator<Finding> {
  const { key, sha256 } = store.tar;
  const findings: Finding[] = [];
  await tell(findings, key, async () => {
    if ((await hashOf(store.provider, key, options)) !== sha256) {
      throw new CorruptError("it is not what was stored");
    }
    if (options.level === "decode") await checkForm(store, options);
  });
  yield* findings;
  if (findings.every(({ result }) => result !== "corrupt")) return;
  for (const { entry } of store.entries) yield* checkEntry(store, entry, options);
}

async function* checkEntry(
  { reader }: VerifiedStore,
  { path, content }: Entry,
  { signal }: VerifyOptions,
): AsyncGenerator<Finding> {
  if (content === undefined) return;
  try {
    for await (const chunk of reader.open(content)) {
      void chunk;
      signal.throwIfAborted();
    }
  } catch (error) {
    yield findingOf(showPath(path), error);
  }
}

async function hashOf(
  provider: Provider,
  key: string,
  { signal, onProgress }: VerifyOptions,
): Promise<string> {
  const sha256 = createHash("sha256");
  for await (const chunk of await provider.get(key)) {
    signal.throwIfAborted();
    sha256.update(chunk as Uint8Array);
    onProgress?.((chunk as Uint8Array).length);
  }
  return sha256.digest("hex");
}

/** Whether a reader of tar finds the documents that the side file names, where it says. */
async function checkForm(
  { provider, tar: { key }, entries }: VerifiedStore,
  { signal }: VerifyOptions,
): Promise<void> {
  const wanted = new Map(entries.map(({ entry, offset }) => [entry.path, offset]));
  for await (const { name, offset } of readTar(await provider.get(key), { mostBytes: 0 })) {
    signal.throwIfAborted();
    if (wanted.get(name) === offset) wanted.delete(name);
  }
  const [lost] = wanted.keys();
  if (lost !== undefined) throw new CorruptError(`a reader of tar does not find ${lost} in it`);
}

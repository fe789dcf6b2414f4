import { randomUUID } from "node:crypto";
import type {
  CopyReader,
  Finding,
  OpenCopyOptions,
  SealedCopy,
  SinkOptions,
  VerifyOptions,
} from "../../../src/layouts/layout.ts";
import { OvfStoreSink } from "../../../src/layouts/ovf-store/sink.ts";
import { openCopy, removeCopy, verifyCopy } from "../../../src/layouts/registry.ts";
import type { ManifestBody } from "../../../src/manifest/entry.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import {
  collect,
  emptyBody,
  entryOf,
  headOf,
  MemoryCatalogue,
  MemoryProvider,
} from "../support.ts";

export const domain = "6f1c2f0e-5b43-4d0a-9c3c-2a8f5a0d9e11";
export const signal: AbortSignal = new AbortController().signal;

/** A place in memory that is a storage domain. */
export class MemoryDomain extends MemoryProvider {
  readonly storageDomain: string = domain;
}

export interface Store<P extends Provider = MemoryDomain> {
  readonly provider: P;
  readonly catalogue: MemoryCatalogue;
}

export function newStore(): Store {
  return { provider: new MemoryDomain(), catalogue: new MemoryCatalogue() };
}

export const slots = ["home/ovf_store_0", "home/ovf_store_1"] as const;

export const vm = (count: number): string =>
  `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`;

/** Documents by the name of their file, as many as are asked for. */
export function documents(count: number, text = "a"): Record<string, Buffer> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${vm(index)}.ovf`,
      Buffer.from(`<Envelope>${text.repeat(index + 1)} ${index}</Envelope>`),
    ]),
  );
}

export async function openSink(
  { provider, catalogue }: Store<Provider>,
  name: string,
  more: Partial<SinkOptions> = {},
): Promise<OvfStoreSink> {
  return await OvfStoreSink.open({ provider, catalogue, head: headOf(name), signal, ...more });
}

export function copyOf({ provider }: Store<Provider>, sealed: SealedCopy): OpenCopyOptions {
  const { manifestKey, manifestSha256, manifestSize } = sealed;
  return { provider, manifestKey, manifestSha256, manifestSize, identities: [] };
}

/** Makes one copy, all stored before the first is named, and lets the catalogue know of it. */
export async function backUp(
  store: Store<Provider>,
  name: string,
  files: Readonly<Record<string, Buffer>>,
  body: ManifestBody = emptyBody,
): Promise<SealedCopy> {
  const sink = await openSink(store, name);
  const contents = new Map<string, Awaited<ReturnType<OvfStoreSink["store"]>>>();
  for (const [path, bytes] of Object.entries(files)) contents.set(path, await sink.store(bytes));
  for (const [path, content] of contents) await sink.add(entryOf(path, { content }));
  return await sink.finish(body);
}

export async function open(store: Store<Provider>, sealed: SealedCopy): Promise<CopyReader> {
  return await openCopy(copyOf(store, sealed));
}

export async function verify(
  store: Store<Provider>,
  sealed: SealedCopy,
  level: VerifyOptions["level"] = "decode",
  sample = 1,
): Promise<readonly Finding[]> {
  return await collect(verifyCopy(copyOf(store, sealed), { level, sample, signal }));
}

export async function remove({ provider }: Store<Provider>, name: string): Promise<void> {
  await removeCopy("ovf-store", provider, name);
}

/** Of an installation that nobody knows. */
export function strangeHead(name: string): SinkOptions["head"] {
  return { ...headOf(name), installation: randomUUID() };
}

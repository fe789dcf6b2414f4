import { join } from "node:path";
import { onTestFinished } from "vitest";
import type {
  CopyReader,
  Finding,
  SealedCopy,
  VerifyOptions,
} from "../../../src/layouts/layout.ts";
import { TreeReader } from "../../../src/layouts/tree/reader.ts";
import { TreeSink, type TreeSinkOptions } from "../../../src/layouts/tree/sink.ts";
import { ManifestReader } from "../../../src/manifest/reader.ts";
import { localFs } from "../../../src/providers/local-fs.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { emptyBody, entryOf, headOf, MemoryCatalogue } from "../support.ts";

export interface Vault {
  readonly provider: Provider;
  readonly folder: string;
}

export async function newVault(): Promise<Vault> {
  const folder = join(await temporaryFolder(), "vault");
  const ownership = {
    installation: "6a8f7a52-6f34-4a0f-a8c3-3c3b9f5d8b11",
    marker: "f2c1f0de-8f3e-4c8e-8a40-2e8a1e0f4b77",
  };
  const context = { env: {}, signal: new AbortController().signal };
  await localFs.initialise({ path: folder }, ownership, context);
  const provider = await localFs.open({ path: folder }, ownership, context);
  onTestFinished(() => provider.close());
  return { provider, folder };
}

export async function openSink(
  { provider }: Vault,
  name: string,
  more: Partial<TreeSinkOptions> = {},
): Promise<TreeSink> {
  return await TreeSink.open({
    provider,
    head: headOf(name),
    catalogue: new MemoryCatalogue(),
    signal: new AbortController().signal,
    ...more,
  });
}

/** Files by path in the order of a manifest; a text that ends with `/` is a folder. */
export async function backUp(
  vault: Vault,
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
  more: Partial<TreeSinkOptions> = {},
): Promise<{ sealed: SealedCopy; reader: CopyReader }> {
  const sink = await openSink(vault, name, more);
  for (const [path, bytes] of Object.entries(files)) {
    if (path.endsWith("/")) await sink.add(entryOf(path.slice(0, -1), { type: "directory" }));
    else await sink.add(entryOf(path, { content: await sink.store(Buffer.from(bytes)) }));
  }
  const sealed = await sink.finish(emptyBody);
  return { sealed, reader: await openReader(vault, sealed) };
}

export async function openReader(vault: Vault, sealed: SealedCopy): Promise<CopyReader> {
  const options = {
    provider: vault.provider,
    manifestKey: sealed.manifestKey,
    manifestSha256: sealed.manifestSha256,
    manifestSize: sealed.manifestSize,
    identities: [],
  };
  return new TreeReader(options, await ManifestReader.open(options));
}

export async function verify(
  reader: CopyReader,
  level: VerifyOptions["level"],
  sample = 1,
): Promise<readonly Finding[]> {
  const { signal } = new AbortController();
  const findings: Finding[] = [];
  for await (const finding of reader.verify({ level, sample, signal })) findings.push(finding);
  return findings;
}

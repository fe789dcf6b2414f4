import { ManifestReader } from "../manifest/reader.ts";
import {
  backupOfManifest,
  manifestFolder,
  manifestKey,
  repackedManifests,
} from "../manifest/form.ts";
import type { LayoutName, Provider } from "../providers/provider.ts";
import { CorruptError } from "./errors.ts";
import { findingOf } from "./finding.ts";
import type {
  CopyReader,
  Finding,
  OpenCopyOptions,
  Sink,
  SinkOptions,
  VerifyOptions,
} from "./layout.ts";
import { isSideKey } from "./ovf-store/slots.ts";

/** Opens what a new copy is written into. Layouts are loaded where they are used. */
export async function createSink(layout: LayoutName, options: SinkOptions): Promise<Sink> {
  switch (layout) {
    case "pack": {
      const { PackSink } = await import("./pack/sink.ts");
      return await PackSink.open(options);
    }
    case "tree": {
      const { TreeSink } = await import("./tree/sink.ts");
      return await TreeSink.open(options);
    }
    case "ovf-store": {
      const { OvfStoreSink } = await import("./ovf-store/sink.ts");
      return await OvfStoreSink.open(options);
    }
  }
}

/**
 * Opens a copy by its manifest: reads its head, and compares that with the catalogue.
 *
 * @throws CorruptError; PlaceError, of kind `missing` where there is no manifest
 */
export async function openCopy(options: OpenCopyOptions): Promise<CopyReader> {
  if (isSideKey(options.manifestKey)) {
    const { OvfStoreReader } = await import("./ovf-store/reader.ts");
    return await OvfStoreReader.open(options);
  }
  const manifest = await ManifestReader.open(options);
  const { layout } = manifest.head;
  switch (layout) {
    case "pack": {
      const { PackReader } = await import("./pack/reader.ts");
      return new PackReader(options, manifest);
    }
    case "tree": {
      const { TreeReader } = await import("./tree/reader.ts");
      return new TreeReader(options, manifest);
    }
    case "ovf-store":
      throw new CorruptError(`${options.manifestKey} is no manifest of layout ${layout}`);
  }
}

/**
 * Removes what a copy alone needs: its manifest, its tree or its OVF store; packs go when nobody needs
 * them any more. Safe to repeat, and to be killed anywhere; also for a copy that was never completed.
 */
export async function removeCopy(
  layout: LayoutName,
  provider: Provider,
  backupName: string,
): Promise<void> {
  if (layout === "ovf-store") {
    const { removeStore } = await import("./ovf-store/remove.ts");
    await removeStore(provider, backupName);
    return;
  }
  const key = manifestKey(backupName);
  await provider.delete(key);
  await provider.removePartial(key);
  const repacked = repackedManifests(backupName);
  for await (const object of provider.list(repacked)) await provider.delete(object.key);
  await provider.removePartial(repacked);
  if (layout === "tree" && provider.folder !== undefined) {
    const { removeTree, removeUnused } = await import("./tree/remove.ts");
    await removeTree(provider.folder, backupName);
    await removeUnused(provider.folder);
  }
}

/** The keys of manifests that lie at a place as those of a backup of this name. */
export async function manifestsOf(
  layout: LayoutName,
  provider: Provider,
  backupName: string,
): Promise<string[]> {
  if (layout === "ovf-store") {
    const { storesOf } = await import("./ovf-store/remove.ts");
    return await storesOf(provider, backupName);
  }
  const plain = manifestKey(backupName);
  const keys = (await provider.stat(plain)) === undefined ? [] : [plain];
  for await (const { key } of provider.list(repackedManifests(backupName))) keys.push(key);
  return keys;
}

/** The backups of which something lies at a place, whole or not; some more than once. */
export async function storedBackups(provider: Provider): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of provider.list(manifestFolder)) {
    const name = backupOfManifest(key);
    if (name !== undefined) names.push(name);
  }
  if (provider.folder === undefined) return names;
  const { treesIn } = await import("./tree/remove.ts");
  return [...names, ...treesIn(provider.folder)];
}

/** As `verify` of the copy's reader; a manifest that cannot be opened is a finding too. */
export async function* verifyCopy(
  copy: OpenCopyOptions,
  options: VerifyOptions,
): AsyncGenerator<Finding> {
  let reader: CopyReader;
  try {
    reader = await openCopy(copy);
  } catch (error) {
    yield findingOf(copy.manifestKey, error);
    return;
  }
  yield* reader.verify(options);
}

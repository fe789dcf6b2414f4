import { ManifestReader } from "../manifest/reader.ts";
import type { LayoutName } from "../providers/provider.ts";
import { UsageError } from "../errors.ts";
import { findingOf } from "./finding.ts";
import type {
  CopyReader,
  Finding,
  OpenCopyOptions,
  Sink,
  SinkOptions,
  VerifyOptions,
} from "./layout.ts";

/** Opens what a new copy is written into. Layouts are loaded where they are used. */
export async function createSink(layout: LayoutName, options: SinkOptions): Promise<Sink> {
  if (layout === "pack") {
    const { PackSink } = await import("./pack/sink.ts");
    return await PackSink.open(options);
  }
  throw new UsageError("layout tree is not there yet");
}

/**
 * Opens a copy by its manifest: reads its head, and compares that with the catalogue.
 *
 * @throws CorruptError; PlaceError, of kind `missing` where there is no manifest
 */
export async function openCopy(options: OpenCopyOptions): Promise<CopyReader> {
  const manifest = await ManifestReader.open(options);
  if (manifest.head.layout === "pack") {
    const { PackReader } = await import("./pack/reader.ts");
    return new PackReader(options, manifest);
  }
  throw new UsageError("layout tree is not there yet");
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

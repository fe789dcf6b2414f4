import { UsageError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { ManifestBody, Missing } from "../../manifest/entry.ts";
import { Turns } from "../../turns.ts";
import type { BackUpOptions } from "../source.ts";
import { readAccounts } from "./accounts.ts";
import { Batch, type BatchTools, roomSize } from "./batch.ts";
import { excluder } from "./exclude.ts";
import { ExtendedReader } from "./extended.ts";
import { HardLinks } from "./hard-links.ts";
import { ParentEntries } from "./parent-entries.ts";
import type { FilesSettings } from "./settings.ts";
import { findGnuTar, type Tar } from "./tar.ts";
import { checkTop, openTop, type Top } from "./top.ts";
import { Vanished } from "./vanished.ts";
import { type Found, walk } from "./walk.ts";

const batchSize = 8192;

/** Fewer entries than this may come and go. */
const fewEntries = 10;

/** How `notCollected` begins where attributes were not read. */
const withoutExtended = "extended attributes and ACLs";

/** Reads a folder into the sink; see {@link SourceType.backUp}. */
export async function backUpFiles(options: BackUpOptions<FilesSettings>): Promise<ManifestBody> {
  const { settings, context, sink, parent } = options;
  const top = await openTop(settings);
  const tar = await findGnuTar(context.env);
  const { env, signal, scratchFolder } = context;
  const run = { env, signal, scratchFolder, folder: settings.path };
  const extended = tar && new ExtendedReader(tar, run);
  const parentEntries = parent && new ParentEntries(parent);
  const missing: Missing[] = [];
  const vanished = new Vanished(context.warn);
  const tools: BatchTools = {
    folder: top.folder,
    sink,
    extended,
    parent: parentEntries,
    carries: parent !== undefined && settings.read === "changed",
    asksAgain: parent !== undefined && tar !== undefined && !(await hasExtended(parent)),
    accounts: await readAccounts(),
    hardLinks: new HardLinks(),
    room: Buffer.allocUnsafeSlow(roomSize),
    signal: context.signal,
    turns: new Turns(),
    missing,
    vanished,
    warn: context.warn,
  };
  try {
    const entries = await readBatches(tools, walkOf(settings, top, tools));
    checkTop(settings, top);
    checkShrink(settings, entries, parent);
  } finally {
    await parentEntries?.close();
    vanished.sum();
  }
  return bodyOf(missing, tar, extended);
}

function walkOf(settings: FilesSettings, top: Top, tools: BatchTools): Generator<Found> {
  return walk(
    {
      folder: top.folder,
      isExcluded: excluder(settings.exclude),
      isOneFileSystem: settings.one_file_system,
      onMissing: (missing) => tools.missing.push(missing),
      onVanished: (path) => tools.vanished.add(path),
      warn: tools.warn,
    },
    top.stat,
  );
}

async function readBatches(tools: BatchTools, found: Iterable<Found>): Promise<number> {
  let entries = 0;
  let batch: Found[] = [];
  for (const one of found) {
    batch.push(one);
    if (tools.turns.isOver) await tools.turns.pass();
    if (batch.length < batchSize) continue;
    entries += await new Batch(tools).read(batch);
    batch = [];
  }
  return entries + (await new Batch(tools).read(batch));
}

function checkShrink(
  { path, allow_shrink: mayShrink }: FilesSettings,
  entries: number,
  parent: CopyReader | undefined,
): void {
  const before = parent?.head.totals.entries ?? 0;
  // The folder itself is an entry, too.
  const isEmptied = entries <= 1 && before > 1;
  if (mayShrink || (!isEmptied && (before < fewEntries || entries >= before / 2))) return;
  throw new UsageError(`${path} has ${entries} entries, its last backup has ${before}`, {
    hint: "Check that it is mounted. If it should be so empty, set allow_shrink=true for the source.",
  });
}

async function hasExtended(parent: CopyReader): Promise<boolean> {
  const { notCollected } = await parent.readBody();
  return !notCollected.some((text) => text.startsWith(withoutExtended));
}

function bodyOf(
  missing: readonly Missing[],
  tar: Tar | undefined,
  extended: ExtendedReader | undefined,
): ManifestBody {
  const notCollected: string[] = [];
  if (tar === undefined) notCollected.push(`${withoutExtended}: there is no GNU tar here`);
  const unread = extended?.unread ?? 0;
  if (unread > 0) notCollected.push(`${withoutExtended} of ${unread} entries: tar did not tell`);
  return { items: [], missing, notCollected, versions: tar ? { tar: tar.version } : {} };
}

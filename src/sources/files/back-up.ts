import { type BigIntStats, lstatSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { latin1Of } from "../../byte-path.ts";
import { UsageError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { ManifestBody, Missing } from "../../manifest/entry.ts";
import type { BackUpOptions } from "../source.ts";
import { readAccounts } from "./accounts.ts";
import { Batch, type BatchTools } from "./batch.ts";
import { codeOf } from "./code-of.ts";
import { excluder } from "./exclude.ts";
import { ExtendedReader } from "./extended.ts";
import { HardLinks } from "./hard-links.ts";
import { ParentEntries } from "./parent-entries.ts";
import type { FilesSettings } from "./settings.ts";
import { findGnuTar, type Tar } from "./tar.ts";
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
    signal: context.signal,
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

interface Top {
  /** Where links have led, with one character a byte. */
  readonly folder: string;
  readonly stat: BigIntStats;
}

async function openTop({ path }: FilesSettings): Promise<Top> {
  try {
    const folder = await realpath(path);
    const stat = lstatSync(folder, { bigint: true });
    if (stat.isDirectory()) return { folder: latin1Of(folder), stat };
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${codeOf(error)})`, {
      hint: "Check the source's setting path, and that its file system is mounted.",
      cause: error,
    });
  }
  throw new UsageError(`${path} is not a folder`, {
    hint: "The source's setting path names a folder; all that lies below it is backed up.",
  });
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
    if (batch.length < batchSize) continue;
    entries += await new Batch(tools).read(batch);
    batch = [];
  }
  return entries + (await new Batch(tools).read(batch));
}

/** A folder that is unmounted on the way looks as if everything had vanished. */
function checkTop({ path }: FilesSettings, top: Top): void {
  const now = lstatSync(path.endsWith("/") ? path : `${path}/.`, {
    bigint: true,
    throwIfNoEntry: false,
  });
  if (now?.ino === top.stat.ino && now.dev === top.stat.dev) return;
  throw new UsageError(`${path} was replaced while it was read`, {
    hint: "Check that its file system stays mounted, and back it up again.",
  });
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

import { type BigIntStats, readlinkSync } from "node:fs";
import { bytePath, showPath } from "../../byte-path.ts";
import type { Sink } from "../../layouts/layout.ts";
import type { Content, Entry, ExtendedMetadata, Missing } from "../../manifest/entry.ts";
import type { Turns } from "../../turns.ts";
import type { Accounts } from "./accounts.ts";
import { codeOf } from "./code-of.ts";
import { entryOf } from "./entry-of.ts";
import type { ExtendedReader } from "./extended.ts";
import type { HardLinks } from "./hard-links.ts";
import { isUnchanged, type ParentEntries } from "./parent-entries.ts";
import { readSmallFile, smallFileSize, storeLargeFile, UnreadableFile } from "./read.ts";
import type { Vanished } from "./vanished.ts";
import type { Found } from "./walk.ts";

/** What reading a folder needs from beginning to end. */
export interface BatchTools {
  readonly folder: string;
  readonly sink: Sink;
  readonly extended: ExtendedReader | undefined;
  readonly parent: ParentEntries | undefined;
  /** Content that looks unchanged is taken from the parent. */
  readonly carries: boolean;
  /** The parent lacks extended attributes: they are read even where nothing changed. */
  readonly asksAgain: boolean;
  readonly accounts: Accounts;
  readonly hardLinks: HardLinks;
  /** Of `roomSize`. */
  readonly room: Buffer;
  readonly signal: AbortSignal;
  readonly turns: Turns;
  readonly missing: Missing[];
  readonly vanished: Vanished;
  readonly warn: (text: string) => void;
}

/** An entry on its way into the manifest. */
interface Draft {
  found: Found;
  /** As the walk found it. */
  readonly walked: BigIntStats;
  readonly readAt: number;
  /** Of the parent, where nothing changed since. */
  readonly carried?: Entry | undefined;
  content?: Content | Promise<Content> | undefined;
  target?: string;
  hardLink?: string;
}

type CarriedDraft = Draft & { readonly carried: Entry };

/** Bytes and files that are handed to the sink before it is waited for. */
const mostBytes = 4 * 1024 * 1024;
const mostFiles = 256;

/** Room for what small files hold until the sink has it; used again and again. */
export const roomSize: number = mostBytes + smallFileSize + 1;

/** Some entries that follow each other: read together, so that tar looks at them meanwhile. */
export class Batch {
  readonly #tools: BatchTools;
  #storing: Promise<Content>[] = [];
  #bytes = 0;

  constructor(tools: BatchTools) {
    this.#tools = tools;
  }

  /** Adds entries for what was found; returns how many. */
  async read(found: readonly Found[]): Promise<number> {
    const drafts = await this.#compare(found);
    const asking = this.#askExtended(drafts);
    // Should reading fail first, nobody awaits this one.
    asking?.catch(() => undefined);
    const whole = await this.#fillAll(drafts);
    const attributes = await asking;
    const { sink, accounts } = this.#tools;
    for (const draft of whole) {
      const own = attributes?.get(draft.found.path);
      const isSame = own === undefined && isStillTrue(draft, accounts);
      await sink.add(isSame ? draft.carried : await this.#entryOf(draft, own));
    }
    return whole.length;
  }

  #askExtended(
    drafts: readonly Draft[],
  ): Promise<ReadonlyMap<string, ExtendedMetadata>> | undefined {
    const { extended, asksAgain } = this.#tools;
    const asked = asksAgain ? drafts : drafts.filter(({ carried }) => carried === undefined);
    return extended?.read(asked.map((draft) => draft.found));
  }

  /** Those that could be read. */
  async #fillAll(drafts: readonly Draft[]): Promise<readonly Draft[]> {
    const whole: Draft[] = [];
    for (const draft of drafts) {
      if (this.#tools.turns.isOver) await this.#flush();
      if (isCarriedWhole(draft) || (await this.#fill(draft))) whole.push(draft);
    }
    await this.#flush();
    return whole;
  }

  async #compare(found: readonly Found[]): Promise<readonly Draft[]> {
    const { parent, warn, sink, carries } = this.#tools;
    const readAt = Date.now();
    const drafts: Draft[] = [];
    for (const one of found) {
      const old = await parent?.take(one.path);
      if (one.stat.isSocket()) {
        warn(`${showPath(one.path)} is a socket: it is left out`);
        continue;
      }
      const isKept =
        carries &&
        old !== undefined &&
        isUnchanged(one.stat, old) &&
        (old.content === undefined || sink.keeps(old.content));
      drafts.push({ found: one, walked: one.stat, readAt, carried: isKept ? old : undefined });
    }
    return drafts;
  }

  /** Reads what an entry holds; false where it cannot be had. */
  async #fill(draft: Draft): Promise<boolean> {
    const { hardLinks } = this.#tools;
    const { path, stat } = draft.found;
    const first = hardLinks.find(stat);
    if (first !== undefined) draft.hardLink = first.path;
    try {
      if (stat.isFile()) draft.content = first?.content ?? (await this.#contentOf(draft));
      if (stat.isSymbolicLink()) draft.target = this.#targetOf(draft);
    } catch (error) {
      this.#leaveOut(path, error);
      return false;
    }
    if (first === undefined) hardLinks.remember(stat, { path, content: draft.content });
    return true;
  }

  async #contentOf(draft: Draft): Promise<Content | Promise<Content>> {
    const { path, stat } = draft.found;
    if (draft.carried?.content !== undefined) return draft.carried.content;
    if (this.#bytes >= mostBytes || this.#storing.length >= mostFiles) await this.#flush();
    const name = bytePath(this.#tools.folder, path);
    if (stat.size <= smallFileSize) {
      const read = readSmallFile(name, stat, { buffer: this.#tools.room, offset: this.#bytes });
      draft.found = { path, stat: read.stat };
      return this.#store(read.content);
    }
    await this.#flush();
    const read = await storeLargeFile(name, this.#tools.sink);
    draft.found = { path, stat: read.stat };
    return read.content;
  }

  #store(bytes: Buffer): Promise<Content> {
    const storing = this.#tools.sink.store(bytes);
    // #flush sees a failure; until then it is no unhandled one.
    storing.catch(() => undefined);
    this.#storing.push(storing);
    this.#bytes += bytes.length;
    return storing;
  }

  /** Waits for the sink, and lets other work have its turn. */
  async #flush(): Promise<void> {
    this.#tools.signal.throwIfAborted();
    await Promise.all(this.#storing);
    this.#storing = [];
    this.#bytes = 0;
    await this.#tools.turns.pass();
  }

  #targetOf({ found }: Draft): string {
    try {
      return readlinkSync(bytePath(this.#tools.folder, found.path), "latin1");
    } catch (error) {
      const code = codeOf(error);
      throw new UnreadableFile(`its target could not be read (${code})`, code === "ENOENT");
    }
  }

  #leaveOut(path: string, error: unknown): void {
    if (!(error instanceof UnreadableFile)) throw error;
    if (error.hasVanished) this.#tools.vanished.add(path);
    else this.#tools.missing.push({ path: showPath(path), reason: error.message });
  }

  async #entryOf(draft: Draft, asked: ExtendedMetadata | undefined): Promise<Entry> {
    const { found, walked, carried, hardLink, target } = draft;
    // What changed between the walk and its end may have other attributes by now.
    const isSettled = found.stat.ctimeNs === walked.ctimeNs;
    const details = {
      content: (await draft.content) ?? carried?.content,
      extended: asked ?? extendedOf(carried),
      readAt: isSettled ? draft.readAt : 0,
      hardLink,
      target: target ?? carried?.target,
    };
    return entryOf(found.path, found.stat, details, this.#tools.accounts);
  }
}

/** Nothing of it needs to be looked at again. Of several names, the first may have gone. */
function isCarriedWhole({ carried, walked }: Draft): boolean {
  return carried !== undefined && (walked.nlink === 1n || walked.isDirectory());
}

/** Whether the parent's entry stands for this one, too. Names of accounts may have changed. */
function isStillTrue(draft: Draft, { users, groups }: Accounts): draft is CarriedDraft {
  const { carried, hardLink } = draft;
  return (
    carried !== undefined &&
    carried.hardLink === hardLink &&
    users.get(carried.uid) === carried.user &&
    groups.get(carried.gid) === carried.group
  );
}

function extendedOf(entry: Entry | undefined): ExtendedMetadata | undefined {
  if (entry === undefined) return undefined;
  const { xattrs, acl, defaultAcl } = entry;
  return {
    ...(xattrs === undefined ? undefined : { xattrs }),
    ...(acl === undefined ? undefined : { acl }),
    ...(defaultAcl === undefined ? undefined : { defaultAcl }),
  };
}

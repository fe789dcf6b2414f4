import { type BigIntStats, lstatSync, readlinkSync } from "node:fs";
import { bytePath, latin1Of, showPath } from "../../byte-path.ts";
import type { Finding } from "../../layouts/layout.ts";
import type { Entry, ExtendedMetadata } from "../../manifest/entry.ts";
import type { RunContext } from "../source.ts";
import { ExtendedReader } from "./extended.ts";
import { typeOf } from "./parent-entries.ts";
import { hashFile } from "./read-back.ts";
import { Rights } from "./rights.ts";
import { findGnuTar } from "./tar.ts";

const batchSize = 8192;
const mostFindings = 100;

/** Node sets times to the microsecond. */
const microsecond = 1000n;

/**
 * Compares a restored tree with the manifest. The contents were compared when they were read, so what
 * differs now does not speak against the copy: it could not be shown to be good.
 */
export async function compareTree(
  folder: string,
  entries: AsyncIterable<Entry>,
  context: RunContext,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const comparison = new Comparison(folder, await extendedReader(folder, context), findings);
  let batch: Entry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < batchSize) continue;
    context.signal.throwIfAborted();
    await comparison.compare(batch);
    batch = [];
  }
  await comparison.compare(batch);
  return findings.slice(0, mostFindings);
}

async function extendedReader(
  folder: string,
  { env, signal, scratchFolder }: RunContext,
): Promise<ExtendedReader | undefined> {
  const tar = await findGnuTar(env);
  return tar && new ExtendedReader(tar, { env, signal, scratchFolder, folder });
}

class Comparison {
  readonly #folder: string;
  readonly #extended: ExtendedReader | undefined;
  readonly #findings: Finding[];
  readonly #rights = Rights.ofThisProcess();

  constructor(folder: string, extended: ExtendedReader | undefined, findings: Finding[]) {
    this.#folder = latin1Of(folder);
    this.#extended = extended;
    this.#findings = findings;
  }

  async compare(entries: readonly Entry[]): Promise<void> {
    const wanted = entries.flatMap((entry) => this.#rights.adapt(entry) ?? []);
    const found: { entry: Entry; path: string; stat: BigIntStats }[] = [];
    for (const entry of wanted) {
      const { path } = entry;
      const stat = lstatSync(bytePath(this.#folder, path), { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) this.#differs(path, "it is not there");
      else found.push({ entry, path, stat });
    }
    const extended = await this.#extended?.read(found);
    for (const { entry, path, stat } of found) {
      for (const what of this.#statDiffers(entry, stat)) this.#differs(path, `its ${what} differs`);
      if (!sameExtended(entry, extended?.get(path))) {
        this.#differs(path, "its extended attributes or ACLs differ");
      }
      if (!(await this.#sameContent(entry))) this.#differs(path, "its content differs");
    }
  }

  #statDiffers(entry: Entry, stat: BigIntStats): readonly string[] {
    if (typeOf(stat) !== entry.type) return ["type"];
    const isSymlink = entry.type === "symlink";
    const { setsOwners } = this.#rights;
    const same: Readonly<Record<string, boolean>> = {
      mode: isSymlink || Number(stat.mode & 0o7777n) === entry.mode,
      mtime: this.#sameTime(entry, stat),
      target: !isSymlink || this.#targetOf(entry) === entry.target,
      owner: !setsOwners || sameOwner(entry, stat),
      inode: entry.hardLink === undefined || this.#inodeOf(entry.hardLink) === stat.ino,
    };
    return Object.keys(same).filter((what) => same[what] === false);
  }

  #sameTime({ mtime }: Entry, stat: BigIntStats): boolean {
    if (this.#extended !== undefined) return stat.mtimeNs === mtime;
    const distance = stat.mtimeNs - mtime;
    return distance < microsecond && distance > -microsecond;
  }

  #targetOf({ path }: Entry): string {
    return readlinkSync(bytePath(this.#folder, path), "latin1");
  }

  #inodeOf(path: string): bigint | undefined {
    const options = { bigint: true, throwIfNoEntry: false } as const;
    return lstatSync(bytePath(this.#folder, path), options)?.ino;
  }

  async #sameContent({ path, type, content }: Entry): Promise<boolean> {
    if (type !== "file" || content === undefined) return true;
    return (await hashFile(bytePath(this.#folder, path), content)) === content.sha256;
  }

  #differs(path: string, reason: string): void {
    this.#findings.push({
      result: "could_not_check",
      what: showPath(path),
      reason: `restored to the scratch folder, ${reason}`,
    });
  }
}

function sameOwner(entry: Entry, stat: BigIntStats): boolean {
  return Number(stat.uid) === entry.uid && Number(stat.gid) === entry.gid;
}

function sameExtended(wanted: ExtendedMetadata, found: ExtendedMetadata | undefined): boolean {
  return formOf(wanted) === formOf(found ?? {});
}

function formOf({ xattrs, acl, defaultAcl }: ExtendedMetadata): string {
  const sorted = Object.entries(xattrs ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted, acl ?? null, defaultAcl ?? null]);
}

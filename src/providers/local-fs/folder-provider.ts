import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, open, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { abortable } from "../abortable.ts";
import { checkKey, checkPrefix } from "../key.ts";
import { markerName } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Ownership, Provider, StoredObject } from "../provider.ts";
import { whileOurs } from "../while-ours.ts";
import { makeFoldersBelow, makeIfMissing, refuseLinks, syncFolder } from "./folders.ts";
import { isAbsent, listObjects, partialName, removePartials } from "./listing.ts";
import { checkMarker } from "./marker.ts";
import { ObjectStream, writeBody } from "./object-file.ts";
import { incompleteName } from "./root.ts";
import { attempt, codeOf } from "./trouble.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

export interface FolderOptions {
  readonly folder: string;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  readonly capabilities: Capabilities;
}

/** Objects as files below a folder. That one is missing is only said after a look at the marker. */
export class FolderProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly folder: string;
  readonly #ownership: Ownership;
  readonly #signal: AbortSignal;
  readonly #aside: string;
  readonly #madeFolders = new Map<string, Promise<void>>();

  constructor({ folder, ownership, signal, capabilities }: FolderOptions) {
    this.capabilities = capabilities;
    this.folder = folder;
    this.#ownership = ownership;
    this.#signal = signal;
    this.#aside = join(folder, incompleteName);
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(key);
    const what = `${path} could not be written`;
    const checked = whileOurs(body, async () => this.#checkMarker());
    const { handle, unfinished } = await attempt(what, () => this.#create(key));
    try {
      await writeBody(handle, abortable(checked, this.#signal), what);
      await attempt(what, async () => {
        await this.#makeFolderOf(key);
        this.#signal.throwIfAborted();
        await rename(unfinished, path);
      });
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    await attempt(what, () => syncFolder(dirname(path)));
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const path = this.#pathOf(key);
    const what = `${path} could not be read`;
    return await attempt(what, async () => {
      const handle = await this.#orMissing(key, () => openFile(path));
      try {
        const size = await sizeOf(handle, path);
        const { offset, length } = range ?? { offset: 0, length: size };
        if (offset + length > size) throw missing(`${path} has only ${size} bytes`);
        return new ObjectStream(handle, { range: { offset, length }, signal: this.#signal, what });
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const path = this.#pathOf(key);
    try {
      return await attempt(`${path} could not be looked at`, async () => {
        const found = await this.#orMissing(key, () => lookAt(path));
        return found.isFile() ? { key, size: found.size } : undefined;
      });
    } catch (error) {
      if (error instanceof PlaceError && error.trouble === "missing") return undefined;
      throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    await this.#checkMarker();
    yield* listObjects(this.folder, prefix, this.#signal);
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    await attempt(`${path} could not be deleted`, async () => {
      await this.#checkMarker();
      try {
        await refuseLinks(dirname(path));
        await unlink(path);
      } catch (error) {
        if (!isAbsent(error)) throw error;
        return;
      }
      await syncFolder(dirname(path));
    });
  }

  async removePartial(prefix: string): Promise<number> {
    checkPrefix(prefix);
    return await attempt(`${this.#aside} could not be cleaned`, async () => {
      await this.#checkMarker();
      return await removePartials(this.#aside, prefix);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #checkMarker(): Promise<void> {
    await checkMarker(this.folder, this.#ownership);
  }

  #pathOf(key: string): string {
    this.#signal.throwIfAborted();
    checkKey(key);
    if (key === markerName) throw new PlaceError("failed", `${markerName} is no object`);
    return join(this.folder, ...key.split("/"));
  }

  async #create(key: string): Promise<{ handle: FileHandle; unfinished: string }> {
    const unfinished = join(this.#aside, partialName(key, randomBytes(8).toString("hex")));
    const create = (): Promise<FileHandle> =>
      open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      return { handle: await create(), unfinished };
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await this.#checkMarker();
      await makeIfMissing(this.#aside);
      return { handle: await create(), unfinished };
    }
  }

  /** Once per folder: they are never removed. */
  async #makeFolderOf(key: string): Promise<void> {
    const segments = key.split("/").slice(0, -1);
    const folder = segments.join("/");
    const made = this.#madeFolders.get(folder) ?? makeFoldersBelow(this.folder, segments);
    this.#madeFolders.set(folder, made);
    try {
      await made;
    } catch (error) {
      this.#madeFolders.delete(folder);
      throw error;
    }
  }

  /** An absent file of a place that is away says nothing about the file. */
  async #orMissing<T>(key: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await this.#checkMarker();
      throw missing(`there is no "${key}" in ${this.folder}`, error);
    }
  }
}

async function openFile(path: string): Promise<FileHandle> {
  await refuseLinks(dirname(path));
  return await open(path, O_RDONLY | O_NOFOLLOW);
}

async function lookAt(path: string): Promise<Stats> {
  await refuseLinks(dirname(path));
  const found = await lstat(path);
  if (!found.isSymbolicLink()) return found;
  throw new PlaceError("failed", `${path} is a symbolic link`, {
    hint: "Symbolic links below the folder of a provider are not followed; put the file itself there.",
  });
}

async function sizeOf(handle: FileHandle, path: string): Promise<number> {
  const found = await handle.stat();
  if (found.isFile()) return found.size;
  throw missing(`${path} is not a file`);
}

function missing(message: string, cause?: unknown): PlaceError {
  return new PlaceError("missing", message, { cause });
}

import { type BigIntStats, lstatSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { latin1Of } from "../../byte-path.ts";
import { UsageError } from "../../errors.ts";
import { codeOf } from "./code-of.ts";
import type { FilesSettings } from "./settings.ts";

/** The folder that is backed up. */
export interface Top {
  /** Where links have led, with one character a byte. */
  readonly folder: string;
  readonly stat: BigIntStats;
}

/** @throws UsageError where it is not there, or no folder */
export async function openTop({ path }: Pick<FilesSettings, "path">): Promise<Top> {
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

/** A folder that is unmounted on the way looks as if everything had vanished. */
export function checkTop({ path }: Pick<FilesSettings, "path">, top: Top): void {
  const now = lstatSync(path.endsWith("/") ? path : `${path}/.`, {
    bigint: true,
    throwIfNoEntry: false,
  });
  if (now?.ino === top.stat.ino && now.dev === top.stat.dev) return;
  throw new UsageError(`${path} was replaced while it was read`, {
    hint: "Check that its file system stays mounted, and back it up again.",
  });
}

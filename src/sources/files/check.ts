import { readdirSync } from "node:fs";
import { UsageError } from "../../errors.ts";
import type { RunContext } from "../source.ts";
import { codeOf } from "./code-of.ts";
import { openTop } from "./top.ts";
import type { FilesSettings } from "./settings.ts";
import { findGnuTar } from "./tar.ts";

/** Tries what a backup of a folder needs; see {@link SourceType.check}. */
export async function checkFiles(
  settings: FilesSettings,
  context: RunContext,
): Promise<readonly string[]> {
  await openTop(settings);
  const names = list(settings.path);
  const tar = await findGnuTar(context.env);
  return [
    `${settings.path} can be read: ${names} entries at its top`,
    tar === undefined
      ? "there is no GNU tar here: extended attributes and ACLs are not collected"
      : `GNU tar ${tar.version} collects extended attributes and ACLs`,
  ];
}

function list(path: string): number {
  try {
    return readdirSync(path).length;
  } catch (error) {
    throw new UsageError(`${path} cannot be listed (${codeOf(error)})`, {
      hint: "Run this as a user who may read it.",
      cause: error,
    });
  }
}

import type { SourceType } from "../source.ts";
import { backUpFiles } from "./back-up.ts";
import { checkFiles } from "./check.ts";
import { rehearseFiles } from "./rehearse.ts";
import { restoreFiles } from "./restore.ts";
import { filesSettings, type FilesSettings } from "./settings.ts";

/** A directory tree. Its content has no format, so there is nothing to decode beyond our own. */
export const filesSource: SourceType<FilesSettings> = {
  type: "files",
  summary: "a directory tree, with links, owners, times, attributes and odd names",
  settings: filesSettings,
  canIncrement: true,
  check: checkFiles,
  backUp: backUpFiles,
  restore: restoreFiles,
  rehearse: rehearseFiles,
};

import { chmodSync, readdirSync, rmSync } from "node:fs";
import { bytePath, latin1Of } from "../../byte-path.ts";
import { codeOf } from "./code-of.ts";

/** Removes a folder that we made ourselves, also where its restored modes keep us from writing. */
export async function removeFolder(path: string): Promise<void> {
  try {
    remove(path);
  } catch (error) {
    if (!["EACCES", "EPERM", "ENOTEMPTY"].includes(codeOf(error))) throw error;
    openFolders(latin1Of(path));
    remove(path);
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function openFolders(path: string): void {
  const name = bytePath(path, ".");
  chmodSync(name, 0o700);
  for (const entry of readdirSync(name, { withFileTypes: true, encoding: "latin1" })) {
    if (entry.isDirectory()) openFolders(`${path}/${entry.name}`);
  }
}

import { z } from "zod";
import { FolderProvider } from "./local-fs/folder-provider.ts";
import { initialiseFolder, openFolder, ownerOfFolder, takeOverFolder } from "./local-fs/root.ts";
import type { Capabilities, ProviderType } from "./provider.ts";
import { pathSetting } from "./setting-schemas.ts";

const capabilities: Capabilities = { keeps: "any", layouts: ["tree", "pack"] };

export interface LocalFsSettings {
  readonly path: string;
}

const settings: z.ZodType<LocalFsSettings> = z.strictObject({
  path: pathSetting().describe("the folder that keeps the backups"),
});

/** A folder of this machine, or one that is mounted. */
export const localFs: ProviderType<LocalFsSettings> = {
  type: "local-fs",
  summary: "a folder of this machine, or one that is mounted",
  settings,
  capabilities,
  initialise: ({ path }, ownership) => initialiseFolder(path, ownership),
  owner: ({ path }) => ownerOfFolder(path),
  takeOver: ({ path }, from, to) => takeOverFolder(path, from, to),
  async open({ path }, ownership, { signal }) {
    const folder = await openFolder(path, ownership);
    return new FolderProvider({ folder, ownership, signal, capabilities });
  },
};

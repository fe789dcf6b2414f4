import { z } from "zod";
import { FolderProvider, type FolderOptions } from "./local-fs/folder-provider.ts";
import { initialiseFolder, openFolder, ownerOfFolder, takeOverFolder } from "./local-fs/root.ts";
import type { Capabilities, ProviderType } from "./provider.ts";
import { pathSetting } from "./setting-schemas.ts";

const capabilities: Capabilities = { keeps: "ovf", maxBackups: 2, layouts: ["ovf-store"] };

export interface MsdSettings {
  readonly path: string;
  readonly storage_domain?: string | undefined;
}

const settings: z.ZodType<MsdSettings> = z.strictObject({
  path: pathSetting().describe("the folder that keeps the OVF stores"),
  storage_domain: z
    .guid("must be an id such as 6f1c2f0e-5b43-4d0a-9c3c-2a8f5a0d9e11")
    .optional()
    .describe("id of the storage domain that the stores name; without it, that of the provider"),
});

/** A folder that keeps machines in the form that oVirt reads: a master storage domain. */
export const msd: ProviderType<MsdSettings> = {
  type: "msd",
  summary: "a folder that keeps the two newest backups of machines as oVirt reads them",
  settings,
  capabilities,
  initialise: ({ path }, ownership) => initialiseFolder(path, ownership),
  owner: ({ path }) => ownerOfFolder(path),
  takeOver: ({ path }, from, to) => takeOverFolder(path, from, to),
  async open({ path, storage_domain: domain }, ownership, { signal }) {
    const folder = await openFolder(path, ownership);
    const options = { folder, ownership, signal, capabilities };
    return new StorageDomain(options, domain ?? ownership.marker);
  },
};

class StorageDomain extends FolderProvider {
  readonly storageDomain: string;

  constructor(options: FolderOptions, storageDomain: string) {
    super(options);
    this.storageDomain = storageDomain;
  }
}

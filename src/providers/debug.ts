import { z } from "zod";
import { faultsOf } from "./debug/faults.ts";
import { FaultyProvider } from "./debug/faulty-provider.ts";
import {
  initialiseMemory,
  MemoryProvider,
  ownerOfMemory,
  takeOverMemory,
} from "./debug/memory-provider.ts";
import { FolderProvider } from "./local-fs/folder-provider.ts";
import { initialiseFolder, openFolder, ownerOfFolder, takeOverFolder } from "./local-fs/root.ts";
import type { Capabilities, ProviderType } from "./provider.ts";
import { numberSetting, pathSetting } from "./setting-schemas.ts";

const capabilities: Capabilities = { keeps: "any", layouts: ["pack", "tree"] };

/** Settings of the type `debug`; docs/providers.md says what each does. */
export interface DebugSettings {
  readonly name: string;
  readonly path?: string | undefined;
  readonly trace?: string | undefined;
  readonly latency_ms: number;
  readonly full_after?: number | undefined;
  readonly fail?: string | undefined;
  readonly hang?: string | undefined;
  readonly corrupt?: string | undefined;
}

const settings: z.ZodType<DebugSettings> = z
  .strictObject({
    name: z.string().min(1).default("debug").describe("of a store in memory"),
    path: pathSetting().optional().describe("a folder to keep objects in, instead of memory"),
    trace: pathSetting().optional().describe("a file that gets a line of JSON for each call"),
    latency_ms: numberSetting(0).default(0).describe("how long each call waits first"),
    full_after: numberSetting(0).optional().describe("how many bytes fit"),
    fail: z.string().optional().describe("calls that fail, OP[:NTH[:TROUBLE]], comma separated"),
    hang: z.string().optional().describe("calls that never end, OP[:NTH], comma separated"),
    corrupt: z.string().optional().describe("put or get that flips a byte, OP[:NTH]"),
  })
  .superRefine((given, context) => {
    for (const key of ["fail", "hang", "corrupt"] as const) {
      const defect = faultsOf(key, given[key]).defect;
      if (defect !== undefined) context.addIssue({ code: "custom", path: [key], message: defect });
    }
  });

/** Keeps objects in memory or in a folder, and does what goes wrong elsewhere. For development. */
export const debug: ProviderType<DebugSettings> = {
  type: "debug",
  summary: "memory or a folder, with faults that are asked for; for development",
  settings,
  capabilities,
  isHidden: true,
  async initialise(given, ownership) {
    await (given.path === undefined
      ? initialiseMemory(given.name, ownership)
      : initialiseFolder(given.path, ownership));
  },
  async owner({ path, name }) {
    return path === undefined ? ownerOfMemory(name) : await ownerOfFolder(path);
  },
  async takeOver({ path, name }, from, to) {
    if (path === undefined) takeOverMemory(name, from, to);
    else await takeOverFolder(path, from, to);
  },
  async open(given, ownership, { signal }) {
    const { name, path } = given;
    const inner =
      path === undefined
        ? new MemoryProvider({ name, ownership, signal, capabilities })
        : new FolderProvider({
            folder: await openFolder(path, ownership),
            ownership,
            signal,
            capabilities,
          });
    const provider = new FaultyProvider(inner, given, signal);
    await provider.opened();
    return provider;
  },
};

import { Readable } from "node:stream";
import { z } from "zod";
import { abortable } from "./abortable.ts";
import { checkKey } from "./key.ts";
import { PlaceError, type Capabilities, type Provider, type ProviderType } from "./provider.ts";

const capabilities: Capabilities = { keeps: "nothing", layouts: [] };

export type NoopSettings = Readonly<Record<string, never>>;

const settings: z.ZodType<NoopSettings> = z.strictObject({});

/** Keeps nothing, and says so; the default where no provider is configured. */
export const noop: ProviderType<NoopSettings> = {
  type: "noop",
  summary: "keeps nothing",
  settings,
  capabilities,
  initialise: () => Promise.resolve(),
  owner: () => Promise.resolve(undefined),
  takeOver: () => Promise.resolve(),
  open: (_settings, _ownership, { signal }) => Promise.resolve(openNothing(signal)),
};

function openNothing(signal: AbortSignal): Provider {
  return {
    capabilities,
    async put(key, body) {
      checkKey(key);
      for await (const chunk of abortable(body, signal)) void chunk;
    },
    get: (key): Promise<Readable> =>
      Promise.reject(new PlaceError("missing", `"${key}" is not there: noop keeps nothing`)),
    stat: () => Promise.resolve(undefined),
    list: () => Readable.from([]),
    delete: () => Promise.resolve(),
    removePartial: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

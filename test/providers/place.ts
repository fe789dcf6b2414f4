import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { Ownership, Provider, ProviderType } from "../../src/providers/provider.ts";
import type { Env } from "../../src/server/run.ts";
import { parseSettings } from "../../src/settings.ts";

/** An empty place, made for one test and removed after it. */
export interface Place {
  /** As `--set` gives them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** With the secrets that the settings name. */
  readonly env?: Env;
  /** Takes the marker away, as unmounting does; left out where nothing outside can. */
  readonly removeMarker?: () => Promise<void>;
  /** What is kept counts as memory of this process. */
  readonly isInMemory?: boolean;
  /** In the moment in which an object is replaced its server may say that none is there: Swift with one replica. */
  readonly missesWhatIsReplaced?: boolean;
}

export interface OpenPlace {
  readonly provider: Provider;
  readonly ownership: Ownership;
  /** Opens it once more, as another process does. */
  readonly reopen: () => Promise<Provider>;
}

export const never: AbortSignal = new AbortController().signal;

export function newOwnership(): Ownership {
  return { installation: randomUUID(), marker: randomUUID() };
}

/** Initialises and opens a place; it is closed after the test. */
export async function openPlace(
  type: ProviderType,
  place: Place,
  signal: AbortSignal = never,
): Promise<OpenPlace> {
  const ownership = newOwnership();
  const settings = parseSettings(type, place.settings);
  const { env = {} } = place;
  const open = async (given: AbortSignal): Promise<Provider> => {
    const provider = await type.open(settings, ownership, { env, signal: given });
    onTestFinished(() => provider.close());
    return provider;
  };
  await type.initialise(settings, ownership, { env, signal: never });
  return { provider: await open(signal), ownership, reopen: () => open(never) };
}

/** A body of these chunks. */
// oxlint-disable-next-line typescript/require-await -- what reads it waits
export async function* body(
  ...chunks: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

export async function read(
  provider: Provider,
  key: string,
  range?: { offset: number; length: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await provider.get(key, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function list(provider: Provider, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of provider.list(prefix)) keys.push(key);
  return keys.toSorted();
}

export const mega: number = 1024 * 1024;

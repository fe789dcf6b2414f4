import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { msd } from "../../src/providers/msd.ts";
import { parseSettings } from "../../src/settings.ts";
import { temporaryFolder } from "../support/folder.ts";
import { testProvider } from "./conformance.ts";
import { openPlace } from "./place.ts";

testProvider("msd", msd, async () => {
  const path = join(await temporaryFolder(), "root");
  return {
    settings: { path },
    removeMarker: () => unlink(join(path, "lastgood-provider.json")),
  };
});

test("msd keeps two backups of machines, and nothing else", () => {
  expect(msd.capabilities).toEqual({ keeps: "ovf", maxBackups: 2, layouts: ["ovf-store"] });
});

test("it knows its storage domain: the one that is given, or an id of its own", async () => {
  const path = join(await temporaryFolder(), "root");
  const { provider, ownership } = await openPlace(msd, { settings: { path } });
  expect(provider.storageDomain).toBe(ownership.marker);
  const domain = "6f1c2f0e-5b43-4d0a-9c3c-2a8f5a0d9e11";
  const settings = parseSettings(msd, { path, storage_domain: domain });
  const again = await msd.open(settings, ownership, { env: {}, signal: AbortSignal.abort() });
  expect(again.storageDomain).toBe(domain);
  expect(() => parseSettings(msd, { path, storage_domain: "data" })).toThrow(/must be an id/);
});

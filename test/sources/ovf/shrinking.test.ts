import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { addVault, usePlace } from "../../backup/support.ts";
import { commonMachine } from "../../support/ovf.ts";
import { addOvf, takeBackup, writeDocuments } from "./support.ts";

const place = usePlace();

test("a folder of which most is gone makes a PARTIAL backup, which says how to go on", async () => {
  const machines = Object.fromEntries(
    Array.from({ length: 12 }, (_, n) => [`${n}.ovf`, commonMachine(n + 1)]),
  );
  const path = await writeDocuments(place, machines);
  await addVault(place, "shrunk");
  await addOvf(place, "shrinking", `path=${path}`);
  const full = await takeBackup(place, "shrinking", "--provider", "shrunk");
  expect(full.backup).toMatchObject({ state: "COMPLETE", entries: 12 });
  await rm(path, { recursive: true });
  await writeDocuments(place, { "0.ovf": commonMachine(1) });
  const refused = await takeBackup(place, "shrinking", "--provider", "shrunk");
  expect(refused).toMatchObject({ status: 1, backup: { state: "PARTIAL" } });
  expect(refused.errors).toContain("missing: 11 of 12 entries: ");
  expect(refused.errors).toContain("lastgood source set shrinking --set allow_shrink=true");
  await place.ok("source", "set", "shrinking", "--set", "allow_shrink=true");
  const allowed = await takeBackup(place, "shrinking", "--provider", "shrunk");
  expect(allowed.backup).toMatchObject({ state: "COMPLETE", entries: 1 });
});

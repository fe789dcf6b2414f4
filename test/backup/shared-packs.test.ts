import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { filesBelow, verdictOf } from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();

async function statesOf(source: string): Promise<string[]> {
  const backups = await place.json<BackupRow[]>("backup", "list", source);
  return backups.map(({ copies }) => copies[0]?.state ?? "").toReversed();
}

test("a pack that is bad is so in every backup that uses it, and each is good again once verified", async () => {
  const source = join(place.folder, "source");
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addVault(place, "vault", "--layout", "pack");
  await addFiles(place, "shared", source);
  const first = await place.ok("backup", "create", "shared", "--provider", "vault");
  const second = await place.ok("backup", "create", "shared", "--provider", "vault");
  const path = (await filesBelow(join(place.folder, "vault"))).find((each) =>
    each.endsWith(".pack"),
  );
  const pack = join(place.folder, "vault", path ?? "no pack");
  const bytes = await readFile(pack);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
  await writeFile(pack, changed);
  expect((await place.run("backup", "verify", second)).status).toBe(1);
  expect(await statesOf("shared")).toEqual(["CORRUPT", "CORRUPT"]);
  expect(await verdictOf(place, "shared")).toMatchObject({ state: "missing" });
  await writeFile(pack, bytes);
  await place.ok("backup", "verify", second);
  expect(await statesOf("shared")).toEqual(["CORRUPT", "COMPLETE"]);
  await place.ok("backup", "verify", first);
  expect(await statesOf("shared")).toEqual(["COMPLETE", "COMPLETE"]);
  expect(await verdictOf(place, "shared")).toMatchObject({ state: "ok" });
});

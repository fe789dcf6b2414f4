import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { localFs } from "../../src/providers/local-fs.ts";
import { temporaryFolder } from "../support/folder.ts";
import { body, list, never, newOwnership, openPlace, type OpenPlace } from "./place.ts";

const context = { env: {}, signal: never };
const marker = "lastgood-provider.json";
const outgoing = `.${marker}.0123456789abcdef`;

async function opened(): Promise<OpenPlace & { path: string }> {
  const path = join(await temporaryFolder(), "root");
  const place = await openPlace(localFs, { settings: { path } });
  await place.provider.put("packs/a", body("kept"));
  return { path, ...place };
}

test("a folder whose marker somebody took away who was ended is still that of its owner", async () => {
  const { path, ownership, provider, reopen } = await opened();
  await rename(join(path, marker), join(path, outgoing));
  expect(await localFs.owner({ path }, context)).toEqual(ownership);
  const foreign = { code: "PLACE", trouble: "foreign" };
  await expect(localFs.initialise({ path }, newOwnership(), context)).rejects.toMatchObject(
    foreign,
  );
  await (await reopen()).put("packs/b", body("new"));
  expect(await list(provider)).toEqual(["packs/a", "packs/b"]);
});

test("it is taken over once whoever took the marker is dead, and has one marker then", async () => {
  const { path, ownership } = await opened();
  await rename(join(path, marker), join(path, outgoing));
  const next = newOwnership();
  await localFs.takeOver({ path }, ownership, next, context);
  expect(await localFs.owner({ path }, context)).toEqual(next);
  expect((await readdir(path)).filter((name) => name.includes(marker))).toEqual([marker]);
});

test("what was left of an older owner says nothing where there is a marker", async () => {
  const { path, ownership, reopen } = await opened();
  const { installation, marker: id } = newOwnership();
  const text = { format: "lastgood-provider", version: 1, installation, marker: id };
  await writeFile(join(path, outgoing), JSON.stringify(text), { mode: 0o600 });
  expect(await localFs.owner({ path }, context)).toEqual(ownership);
  expect(await list(await reopen())).toEqual(["packs/a"]);
});

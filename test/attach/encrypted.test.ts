import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { beforeEach, expect, test } from "vitest";
import type { SourceRow } from "../../src/dao/source.ts";
import { contentsOf } from "../backup/crash.ts";
import {
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  placeOptions,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;
let recipient = "";
let anew: Installation;

beforeEach(async () => {
  ground = await newGround();
  const identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  await writeFile(join(ground.folder, "key"), `${identity}\n`, { mode: 0o600 });
  const old = await newOwner(ground, "--layout", "pack", "--recipient", recipient);
  await old.ok("backup", "create", "etc", "--name", "first");
  anew = await newInstallation(ground);
});

function useKey(): void {
  anew.env["LASTGOOD_IDENTITY_FILE"] = join(ground.folder, "key");
}

test("without the key everything is listed and counts; what needs it says so", async () => {
  await attach(anew, ground, "--resume", "--recipient", recipient);
  expect(await anew.backups()).toMatchObject([
    { name: "first", is_good: true, items_known: false, copies: [{ recipients: [recipient] }] },
  ]);
  expect(await verdict(anew)).toMatchObject({ state: "ok" });
  for (const args of [
    ["backup", "items", "first"],
    ["restore", "create", "first", "--to", join(ground.folder, "no")],
  ]) {
    const { output } = await anew.run(...args, "--json");
    expect(output).toContain('"KEY_MISSING"');
  }
  // Nobody knows the settings: they are given by hand.
  const [source] = await anew.json<SourceRow[]>("source", "list");
  expect(source).toMatchObject({ name: "etc", settings: {} });
  expect(await anew.run("source", "set", "etc", "--set", "nonsense=1")).toMatchObject({
    status: 2,
  });
  await anew.ok("source", "set", "etc", "--set", `path=${ground.source}`);
  await anew.ok("backup", "create", "etc");

  useKey();
  expect(await restored(anew, ground, "first")).toEqual(await contentsOf(ground.source));
  expect(await anew.json("backup", "show", "first")).toMatchObject({ items_known: true });
});

test("with the key all is known, and goes on encrypted for the same", async () => {
  useKey();
  await attach(anew, ground, "--resume", "--recipient", recipient);
  expect(await anew.json<SourceRow[]>("source", "list")).toMatchObject([
    { settings: { path: ground.source } },
  ]);
  await anew.ok("backup", "create", "etc", "--incremental");
  const [second] = await anew.backups();
  expect(second).toMatchObject({ type: "incremental", copies: [{ recipients: [recipient] }] });
  expect(second?.copies[0]?.stored_bytes).toBeLessThan(3000);
});

test("it does not go on in the clear, nor for whom the place names, unless one says so", async () => {
  const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
  const { status, errors } = await anew.run(...args);
  expect(status).toBe(2);
  expect(errors).toContain(`--recipient ${recipient}`);
  expect(await anew.backups()).toEqual([]);
});

test("beside it new backups are as one says", async () => {
  await attach(anew, ground, "--fresh", "--layout", "tree");
  await anew.ok(
    "source",
    "add",
    "etc",
    "--type",
    "files",
    "--system",
    "engine.test",
    "--scope",
    "files",
    "--set",
    `path=${ground.source}`,
  );
  await anew.ok("backup", "create", "etc");
  expect((await anew.backups())[0]).toMatchObject({ copies: [{ layout: "tree" }] });
});

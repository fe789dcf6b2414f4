import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { beforeEach, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
let count = 0;
let name = "";

beforeEach(async () => {
  count += 1;
  name = `keyless${count}`;
  const source = join(place.folder, "source");
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
});

async function addEncrypted(vault: string): Promise<void> {
  const recipient = await identityToRecipient(await generateIdentity());
  await addVault(place, vault, "--layout", "pack", "--recipient", recipient);
}

async function copies(): Promise<string[]> {
  const [backup] = await place.json<BackupRow[]>("backup", "list", name);
  expect(backup?.state).toBe("COMPLETE");
  return (backup?.copies ?? []).map(({ provider, state }) => `${provider} ${state}`).toSorted();
}

test("no key is needed for an encrypted copy beside a plain one, whichever is named first", async () => {
  await addEncrypted(`sealed${count}`);
  await addVault(place, `plain${count}`);
  const providers = ["--provider", `sealed${count}`, "--provider", `plain${count}`];
  await place.ok("backup", "create", name, providers);
  expect(await copies()).toEqual([`plain${count} COMPLETE`, `sealed${count} COMPLETE`]);
});

test("a copy that would take a key is said to lack, and the first one stands", async () => {
  await addEncrypted(`first${count}`);
  await addEncrypted(`second${count}`);
  const providers = ["--provider", `first${count}`, "--provider", `second${count}`];
  const { status, errors } = await place.run("backup", "create", name, providers);
  expect(status).toBe(0);
  expect(errors).toContain(`no copy at second${count}`);
  expect(await copies()).toContain(`first${count} COMPLETE`);
});

import { expect, test } from "vitest";
import { resolveRecipients } from "../../src/encryption/keys.ts";
import type { Entry, ManifestHead } from "../../src/manifest/entry.ts";
import { ManifestReader } from "../../src/manifest/reader.ts";
import { ManifestWriter, storeManifest, type WrittenManifest } from "../../src/manifest/writer.ts";
import { collect, emptyBody, entryOf, headOf, MemoryProvider } from "../layouts/support.ts";

const key = "manifests/a.manifest";
const head: Omit<ManifestHead, "totals"> = { ...headOf("a"), layout: "pack", packs: [] };

async function write(
  entries: readonly Entry[],
  recipients: readonly string[] = [],
): Promise<WrittenManifest> {
  const writer = new ManifestWriter({ recipients });
  for (const entry of entries) await writer.add(entry);
  return await writer.finish({ ...head, recipients }, emptyBody);
}

async function read(written: WrittenManifest): Promise<Entry[]> {
  const provider = new MemoryProvider();
  await storeManifest(provider, key, written);
  const { sha256: manifestSha256, size: manifestSize } = written;
  const options = { provider, manifestKey: key, manifestSha256, manifestSize, identities: [] };
  return await collect((await ManifestReader.open(options)).entries());
}

const many = Array.from({ length: 5000 }, (_, index) =>
  entryOf(`d/f${String(index).padStart(4, "0")}`),
);

/** Between the head and the body, the directory and the trailer. */
function blocksOf(written: WrittenManifest): readonly Uint8Array[] {
  return written.parts.slice(1, -3);
}

test("blocks whose entries are carried are stored as they were", async () => {
  const first = await write(many);
  const carried = await read(first);
  const second = await write(carried);
  expect(blocksOf(second)).toEqual(blocksOf(first));
  expect(await read(second)).toEqual(many);
});

test("a block with an entry that differs is written anew, and alone", async () => {
  const first = await write(many);
  const changed = (await read(first)).map((entry, index) =>
    index === 2500 ? { ...entry, mode: 0o600 } : entry,
  );
  const second = await write(changed);
  const same = blocksOf(second).filter((block, index) =>
    Buffer.from(block).equals(blocksOf(first)[index] ?? Buffer.alloc(0)),
  );
  expect(same).toHaveLength(blocksOf(first).length - 1);
  expect(await read(second)).toEqual(changed);
});

test("an entry that is left out, or comes on top, is no carried block", async () => {
  const first = await write(many);
  const carried = await read(first);
  expect(await read(await write(carried.slice(1)))).toEqual(many.slice(1));
  const longer = [...carried, entryOf("e")];
  expect(await read(await write(longer))).toEqual([...many, entryOf("e")]);
});

test("nothing that is in the clear is carried where it is to be encrypted", async () => {
  const recipients = await resolveRecipients(
    ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
    {},
  );
  const carried = await read(await write(many));
  const encrypted = await write(carried, recipients);
  for (const block of blocksOf(encrypted)) {
    expect(Buffer.from(block).toString("latin1")).toMatch(/^age-encryption\.org/);
  }
});

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdDecompressSync } from "node:zlib";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { createFrameDecoder, createFrameEncoder } from "../../src/encryption/frame.ts";
import { CorruptError } from "../../src/layouts/errors.ts";
import { temporaryFolder } from "../support/folder.ts";
import { skip } from "../support/skip.ts";

const run = promisify(execFile);
const [first, second, third] = await Promise.all([
  generateX25519Identity(),
  generateX25519Identity(),
  generateX25519Identity(),
]);
const recipients = [await identityToRecipient(first), await identityToRecipient(second)];
const text = Buffer.from("the same line again\n".repeat(5000));

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a byte", Buffer.from("x")],
  ["text", text],
  ["noise of 4 MiB", randomBytes(4 * 1024 * 1024)],
])("%s comes back, plain and encrypted", async (_what, bytes) => {
  const plain = createFrameEncoder([]);
  expect(await createFrameDecoder([], [])(await plain(bytes))).toEqual(bytes);
  const stored = await createFrameEncoder(recipients)(bytes);
  for (const identity of [first, second]) {
    expect(await createFrameDecoder(recipients, [third, identity])(stored)).toEqual(bytes);
  }
});

test("a plain frame is a zstd frame with a checksum", async () => {
  const stored = await createFrameEncoder([])(text);
  expect(stored.length).toBeLessThan(text.length / 50);
  expect(zstdDecompressSync(stored)).toEqual(text);
  // Bit 2 of the byte after the magic number.
  expect((stored[4] ?? 0) & 4).toBe(4);
});

test("every flipped bit is noticed", async () => {
  for (const to of [[], recipients]) {
    const bytes = randomBytes(500);
    const stored = await createFrameEncoder(to)(bytes);
    const decode = createFrameDecoder(to, [first]);
    for (let bit = 0; bit < stored.length * 8; bit += 13) {
      const damaged = Buffer.from(stored);
      damaged.writeUInt8((damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7)), bit >>> 3);
      const result: unknown = await decode(damaged).catch((error: unknown) => error);
      // One that means nothing may give the same bytes.
      const isNoticed = Buffer.isBuffer(result)
        ? result.equals(bytes)
        : result instanceof CorruptError;
      expect(isNoticed, `bit ${bit}`).toBe(true);
    }
  }
});

test.each([
  ["no identity", []],
  ["an identity of somebody else", [third]],
])("with %s a frame is not corrupt: the key is missing", async (_what, identities) => {
  const stored = await createFrameEncoder(recipients)(text);
  const opening = createFrameDecoder(recipients, identities)(stored);
  await expect(opening).rejects.toMatchObject({ code: "KEY_MISSING" });
});

test("a frame that would fill the memory is not decompressed", async () => {
  const bomb = await createFrameEncoder([])(Buffer.alloc(64 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(16 * 1024);
  await expect(createFrameDecoder([], [])(bomb)).rejects.toMatchObject({ code: "CORRUPT" });
});

test("an encrypted frame opens with the age program", async (context) => {
  const version = await run("age", ["--version"]).catch(() => undefined);
  if (version === undefined) skip(context, "there is no age program here");
  const folder = await temporaryFolder();
  const [identityFile, frame] = [join(folder, "identity"), join(folder, "frame.age")];
  await writeFile(identityFile, `${second}\n`, { mode: 0o600 });
  await writeFile(frame, await createFrameEncoder(recipients)(text));
  const { stdout } = await run("age", ["--decrypt", "--identity", identityFile, frame], {
    encoding: "buffer",
  });
  expect(zstdDecompressSync(stdout)).toEqual(text);
});

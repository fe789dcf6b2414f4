import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { readIdentities, resolveRecipients } from "../../src/encryption/keys.ts";
import { temporaryFolder } from "../support/folder.ts";

const [first, second] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
const [one, two] = [await identityToRecipient(first), await identityToRecipient(second)];

async function fileWith(text: string, mode: number): Promise<string> {
  const path = join(await temporaryFolder(), "key");
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test("recipients are named as they are, by a file and by a secret, each once", async () => {
  const path = await fileWith(`# backups\n${two}\r\n\n`, 0o644);
  const env = { LASTGOOD_SECRET_DEPOT: `${one}\n${two}` };
  expect(await resolveRecipients([one], {})).toEqual([one]);
  expect(await resolveRecipients([one, `file:${path}`, "secret:depot"], env)).toEqual([one, two]);
  expect(await resolveRecipients([], {})).toEqual([]);
});

test.each([
  ["a text that is none", "somebody@a.example"],
  ["one letter wrong", one.replace(/.$/, one.endsWith("q") ? "p" : "q")],
  ["an identity in place of a recipient", first],
  ["a secret that is not there", "secret:nothing"],
  ["a file that is not there", "file:/nowhere/key"],
])("%s is refused", async (_what, ref) => {
  await expect(resolveRecipients([ref], {})).rejects.toMatchObject({ code: "USAGE" });
});

test("an identity given in place of a recipient is not shown", async () => {
  const path = await fileWith(first, 0o600);
  for (const refs of [[`file:${path}`], ["secret:depot"], [first]]) {
    const error: unknown = await resolveRecipients(refs, { LASTGOOD_SECRET_DEPOT: first }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "USAGE" });
    expect(String(error)).not.toContain("AGE-SECRET-KEY");
  }
});

test("a file of recipients that others may change is refused", async () => {
  const path = await fileWith(one, 0o666);
  await expect(resolveRecipients([`file:${path}`], {})).rejects.toThrow("changed by others");
});

test("identities come from a private file or a secret; none are no error", async () => {
  const text = `# created: 2026-11-20\n# public key: ${one}\n${first}\n${second}\n`;
  const path = await fileWith(text, 0o600);
  expect(await readIdentities({ LASTGOOD_IDENTITY_FILE: path })).toEqual([first, second]);
  const env = { LASTGOOD_IDENTITY_FILE: "secret:age", LASTGOOD_SECRET_AGE: text };
  expect(await readIdentities(env)).toEqual([first, second]);
  expect(await readIdentities({})).toEqual([]);
});

test("an identity file that others can read, or that is not there, is refused", async () => {
  const path = await fileWith(first, 0o640);
  await expect(readIdentities({ LASTGOOD_IDENTITY_FILE: path })).rejects.toThrow("read by others");
  const nowhere = { LASTGOOD_IDENTITY_FILE: `${path}-not` };
  await expect(readIdentities(nowhere)).rejects.toMatchObject({ code: "USAGE" });
});

test.each([
  ["a letter too few", first.slice(0, -1)],
  ["a letter that is wrong", first.replace(/.$/, first.endsWith("Q") ? "P" : "Q")],
  ["a recipient", one],
  ["nothing but a comment", "# nothing"],
])("what is no identity is refused, and not shown: %s", async (_what, text) => {
  const path = await fileWith(text, 0o600);
  const error: unknown = await readIdentities({ LASTGOOD_IDENTITY_FILE: path }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: "USAGE" });
  expect(`${String(error)} ${String((error as { hint?: string }).hint)}`).not.toContain(text);
});

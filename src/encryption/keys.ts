import { readFile, stat } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { isSecretRef, resolveSecret } from "../secrets.ts";
import type { Env } from "../server/run.ts";

const recipientPattern = /^age1[02-9ac-hj-np-z]{58}$/;
const identityPattern = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

/**
 * The recipients that references name: `age1…` itself, `file:PATH` or `secret:NAME`, where a line
 * holds one recipient. In the order named, each once.
 *
 * @throws UsageError for a reference that names none, or a file that others may change
 */
export async function resolveRecipients(refs: readonly string[], env: Env): Promise<string[]> {
  const found = new Set<string>();
  for (const ref of refs) {
    const recipients = linesOf(await textOf(ref, env));
    if (recipients.length === 0) throw noRecipient(ref);
    for (const recipient of recipients) {
      if (!(await isRecipient(recipient))) throw noRecipient(ref);
      found.add(recipient);
    }
  }
  return [...found];
}

/**
 * The identities at hand: those in the file that LASTGOOD_IDENTITY_FILE names, which may be
 * `secret:NAME` too. None where it is not set.
 *
 * @throws UsageError for a file that cannot be read, that others can read, or that holds no identity
 */
export async function readIdentities(env: Env): Promise<string[]> {
  const named = env["LASTGOOD_IDENTITY_FILE"];
  if (named === undefined || named === "") return [];
  const text = isSecretRef(named)
    ? await resolveSecret(named, env)
    : await readGuarded(named.replace(/^file:/, ""), 0o077);
  const identities = linesOf(text);
  // The line itself is never shown: it may be a key with a typing error.
  if (identities.length === 0 || !(await areIdentities(identities))) {
    throw new UsageError("LASTGOOD_IDENTITY_FILE names something that holds no age identity", {
      hint: "It holds lines that start with AGE-SECRET-KEY-1, as age-keygen writes them.",
    });
  }
  return identities;
}

async function textOf(ref: string, env: Env): Promise<string> {
  if (isSecretRef(ref)) return await resolveSecret(ref, env);
  // Who may change the file could become a reader of every backup that follows.
  return ref.startsWith("file:") ? await readGuarded(ref.slice("file:".length), 0o022) : ref;
}

async function isRecipient(text: string): Promise<boolean> {
  if (!recipientPattern.test(text)) return false;
  try {
    const { Encrypter } = await import("age-encryption");
    // It checks the checksum in the text.
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}

async function areIdentities(texts: readonly string[]): Promise<boolean> {
  if (!texts.every((text) => identityPattern.test(text))) return false;
  const { identityToRecipient } = await import("age-encryption");
  try {
    // It checks the checksum in the text.
    for (const text of texts) await identityToRecipient(text);
    return true;
  } catch {
    return false;
  }
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function noRecipient(ref: string): UsageError {
  // Other texts are not repeated: one may be an identity that was given in place of a recipient.
  const isShown = ref.startsWith("age1") || ref.startsWith("file:") || isSecretRef(ref);
  return new UsageError(`${isShown ? `"${ref}"` : "a text"} names no age recipient`, {
    hint: "Name one as age1…, or as file:PATH or secret:NAME that holds one a line.",
  });
}

async function readGuarded(path: string, forbidden: number): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & forbidden) === 0) return await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`the key file ${path} cannot be read`, {
      cause,
      hint: "Run this as the user whose file it is.",
    });
  }
  throw new UsageError(
    `the key file ${path} can be ${forbidden === 0o077 ? "read" : "changed"} by others`,
    { hint: `Close it: chmod 600 ${path}` },
  );
}

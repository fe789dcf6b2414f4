import type { Decrypter, Encrypter } from "age-encryption";
import { CorruptError, KeyMissingError } from "../layouts/errors.ts";

/** Turns bytes into one age file, or one age file into its bytes. */
export type Cipher = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Encrypts to all of the recipients; undefined where there are none. */
export function createEncrypter(recipients: readonly string[]): Cipher | undefined {
  if (recipients.length === 0) return undefined;
  let opening: Promise<Encrypter> | undefined;
  return async (bytes) => {
    opening ??= openEncrypter(recipients);
    return await (await opening).encrypt(bytes);
  };
}

/**
 * Decrypts what was encrypted to these recipients; undefined where there are none.
 *
 * Whether a key is missing is decided by the recipients alone: a header that was damaged looks to age
 * like one for somebody else.
 *
 * The cipher throws KeyMissingError where no identity is one of the recipients, CorruptError for bytes
 * that are not as they were encrypted.
 */
export function createDecrypter(
  recipients: readonly string[],
  identities: readonly string[],
): Cipher | undefined {
  if (recipients.length === 0) return undefined;
  let opening: Promise<Decrypter> | undefined;
  return async (bytes) => {
    opening ??= openDecrypter(recipients, identities);
    const decrypter = await opening;
    try {
      return await decrypter.decrypt(bytes);
    } catch (cause) {
      throw new CorruptError("a frame does not decrypt", { cause });
    }
  };
}

// Loaded where something is encrypted: most runs never need it.
async function openEncrypter(recipients: readonly string[]): Promise<Encrypter> {
  const age = await import("age-encryption");
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter;
}

async function openDecrypter(
  recipients: readonly string[],
  identities: readonly string[],
): Promise<Decrypter> {
  const age = await import("age-encryption");
  const decrypter = new age.Decrypter();
  let fits = false;
  for (const identity of identities) {
    if (!recipients.includes(await age.identityToRecipient(identity))) continue;
    decrypter.addIdentity(identity);
    fits = true;
  }
  if (!fits) {
    throw new KeyMissingError(
      identities.length === 0
        ? "the copy is encrypted, and there is no identity at hand"
        : "the copy is encrypted, and no identity at hand is one of its recipients",
      {
        hint: `Let LASTGOOD_IDENTITY_FILE name the identity file of one of: ${recipients.join(", ")}`,
      },
    );
  }
  return decrypter;
}

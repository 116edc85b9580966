/**
 * Keys of age. A *recipient* (`age1…`) encrypts and may be known to everybody; an *identity* (`AGE-SECRET-KEY-1…`) decrypts and is
 * kept where no backup is written. Only X25519 keys are accepted, because every `age` since 1.0 reads them.
 * https://age-encryption.org/v1
 */
import { AgeError } from "./error.ts";
import { base, typage } from "./library.ts";

/** A new identity and the recipient that belongs to it. */
export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

/** Makes a new X25519 key pair. */
export async function generateKeyPair(): Promise<KeyPair> {
  const { generateX25519Identity, identityToRecipient } = await typage();
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The identity that is made from these 32 bytes, which nobody else may know. */
export async function identityFrom(secret: Uint8Array): Promise<string> {
  const { bech32 } = await base();
  return bech32.encodeFromBytes("age-secret-key-", secret).toUpperCase();
}

/** The recipient that belongs to an identity. @throws AgeError when it is not an identity */
export async function recipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await typage();
  try {
    return await identityToRecipient(identity);
  } catch {
    // The library's message may repeat what it was given.
    throw new AgeError("a line that begins with AGE-SECRET-KEY-1 is not an age identity");
  }
}

/** @throws AgeError that says why nothing can be encrypted to it */
export async function requireRecipient(text: string): Promise<void> {
  if (text.startsWith("AGE-SECRET-KEY-"))
    throw new AgeError("this is an identity, which decrypts: the secret half of a key", {
      hint: "Name the recipient, age1…, and take the identity out of this file: who reads it can read every backup.",
    });
  if (/^age1(?:pq|tag|tagpq)1/.test(text))
    throw new AgeError(`${text.slice(0, 12)}… is a key that older versions of age cannot read`, {
      hint: "Use an X25519 key: contextcore keys new FILE, or age-keygen.",
    });
  const { Encrypter } = await typage();
  try {
    new Encrypter().addRecipient(text);
  } catch {
    throw new AgeError(`${text.slice(0, 80)} is not an age recipient`, {
      hint: "A recipient is age1 and 58 letters and digits: contextcore keys new FILE prints one.",
    });
  }
}

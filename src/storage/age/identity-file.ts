/** A file with identities, as `age-keygen` writes it: an identity a line, comments after `#`; perhaps encrypted with a passphrase. */
import { AgeError } from "./error.ts";
import { type KeyPair, recipientOf } from "./keys.ts";
import { typage } from "./library.ts";

/** Larger files are no identity files. Bytes. */
export const IDENTITY_FILE_MAX = 64 * 1024;

const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";

/** Whether a passphrase is needed to read it: it is encrypted, in age's armor. */
export const isProtected = (file: string): boolean => file.startsWith(ARMOR);

/** The text of an identity file. @param now when it was made, for its first line */
export const identityFile = ({ identity, recipient }: KeyPair, now: Date): string =>
  `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n`;

/** Encrypts the text of an identity file, as `age -p -a` does. It takes seconds: that is what makes guessing expensive. */
export async function protect(file: string, passphrase: string): Promise<string> {
  const { Encrypter, armor } = await typage();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(file));
}

/** The text of a protected identity file. @throws AgeError when the passphrase is wrong or the file damaged */
export async function unprotect(file: string, passphrase: string): Promise<string> {
  const { armor, Decrypter } = await typage();
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(armor.decode(file), "text");
  } catch {
    throw new AgeError("the passphrase does not open this identity file, or the file is damaged");
  }
}

/** Every identity of the file with its recipient. @throws AgeError when there is none, or a line is something else */
export async function parseIdentities(file: string): Promise<KeyPair[]> {
  const lines = file.split("\n").map((line) => line.trim());
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new AgeError("there is no identity in this file", WHAT);
  return Promise.all(
    identities.map(async (identity) => {
      if (!identity.startsWith("AGE-SECRET-KEY-1")) throw new AgeError(refusal(identity), WHAT);
      return { identity, recipient: await recipientOf(identity) };
    }),
  );
}

const WHAT = {
  hint: "An identity file has a line that begins with AGE-SECRET-KEY-1: contextcore keys new FILE writes one.",
};

const refusal = (line: string): string =>
  line.startsWith("age1")
    ? "this file has a recipient, which only encrypts; the identity is the other half of the key"
    : "this file has a line that is not an X25519 identity of age";

/**
 * The key of this user's requests: by it a person is named in the trail and in reports, and what is owed is sealed. It lies in the
 * user's home, so whoever has only the project cannot tell whose a request is.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { isThere } from "../../../storage/entries.ts";
import { makeOwnDirectory, readOwnText, requireOwnFile } from "../../../storage/own-file.ts";
import { writeWhole } from "../../../storage/whole-file.ts";
import { RequestError } from "./error.ts";

const BYTES = 32;
const MODE = 0o600;

/** Names persons, and seals texts. */
export interface RequestKey {
  /** The same for the same identifier, and nothing to whoever has not the key. Hex */
  nameOf(subject: string): string;
  seal(text: string): string;
  /** @throws RequestError when it was sealed with another key, or is damaged */
  unseal(sealed: string): string;
}

const keyPath = (home: string): string => join(home, "subjects.key");

/** The key, which is made if there is none. @param home `~/.contextcore` @throws RequestError; UnsafeFileError */
export function requestKey(home: string): RequestKey {
  const path = keyPath(home);
  if (!isThere(path)) {
    makeOwnDirectory(home, home, 0o700);
    writeWhole(path, `${randomBytes(BYTES).toString("hex")}\n`, { mode: MODE, ifAbsent: true });
  }
  requireOwnFile(path, MODE);
  const text = readOwnText(path, 4 * BYTES).trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new RequestError(
      `${path} is damaged: it is not the key of requests`,
      "bring it back from a backup",
    );
  return withKey(Buffer.from(text, "hex"));
}

const NONCE = 12;
const TAG = 16;

function withKey(secret: Uint8Array): RequestKey {
  const part = (use: string): Buffer => Buffer.from(hkdfSync("sha256", secret, "", use, BYTES));
  const [naming, sealing] = [part("name"), part("seal")];
  return {
    nameOf: (subject) => createHmac("sha256", naming).update(subject).digest("hex").slice(0, 32),
    seal(text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    unseal(text) {
      const bytes = Buffer.from(text, "base64");
      try {
        const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, NONCE));
        decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString();
      } catch {
        throw new RequestError(
          "what is owed cannot be read: it was sealed by another user, or is damaged",
          "the user who asked for it goes on with it; or ask for it anew: contextcore subject erase",
        );
      }
    },
  };
}

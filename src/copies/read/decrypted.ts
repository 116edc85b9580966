import { SnapshotError } from "../../snapshot/format/errors.ts";
import { CHUNK } from "../../storage/age/chunk.ts";
import { openEncrypted, type RangedBytes } from "../../storage/age/decrypt.ts";
import { OtherIdentityError } from "../../storage/age/error.ts";
import type { PlainForm } from "./copy-storage.ts";

/**
 * Opens objects that are encrypted with whatever identities are given; only those chunks are fetched and decrypted that hold what is
 * read. Objects in the clear are what they are.
 * @param identities asked for when the first encrypted object is opened
 */
export const decryptedWith =
  (identities: () => Promise<readonly string[]>): PlainForm =>
  async (object, stored) => {
    if (object.encrypted === undefined) return stored;
    const read: RangedBytes["read"] = (from, to, into) => stored.fetch({ from, to }, into);
    const { recipients } = object.encrypted;
    const opened = await openEncrypted({ size: stored.bytes, read }, await identities()).catch((cause) => {
      if (!(cause instanceof OtherIdentityError)) throw cause;
      const hint = `Name the identity that belongs to ${recipients.join(" or ")}.`;
      throw new OtherIdentityError(`${object.name}: ${cause.message}`, { cause, hint });
    });
    if (opened.size !== object.encrypted.bytes)
      throw new SnapshotError(
        `${object.name} holds ${opened.size} bytes, and copy.json says ${object.encrypted.bytes}`,
      );
    return { bytes: opened.size, unit: CHUNK, fetch: ({ from, to }, into) => opened.read(from, to, into) };
  };

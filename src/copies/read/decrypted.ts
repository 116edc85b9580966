import { SnapshotError } from "../../snapshot/format/errors.ts";
import { openEncrypted } from "../../storage/age/decrypt.ts";
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
    const read = (from: number, to: number): Promise<Uint8Array> => stored.fetch({ from, to });
    const opened = await openEncrypted({ size: stored.bytes, read }, await identities());
    if (opened.size !== object.encrypted.bytes)
      throw new SnapshotError(
        `${object.name} holds ${opened.size} bytes, and copy.json says ${object.encrypted.bytes}`,
      );
    return { bytes: opened.size, fetch: ({ from, to }) => opened.read(from, to) };
  };

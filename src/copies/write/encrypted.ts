import { hkdfSync } from "node:crypto";
import type { SigningKey } from "../../audit/format/note.ts";
import { sealFor } from "../../storage/age/seal.ts";
import { ENCRYPTED } from "../format/copy-file.ts";
import type { Outgoing, StoredForm } from "./outgoing.ts";

/**
 * Files encrypted to these recipients. What age takes at random is derived from the signing key, which only this machine has, and
 * from the file's checksum and name: so an interrupted copy goes on with the same bytes, and no two contents have one key.
 * @param recipients checked before: see `requireRecipient`
 */
export function encryptedTo(
  recipients: readonly string[],
  { secret }: Pick<SigningKey, "secret">,
): StoredForm {
  const own = hkdfSync("sha256", secret, "", "contextcore encrypted copies", 32);
  return async (file) => {
    const about = JSON.stringify([file.name, file.bytes, recipients]);
    const seed = new Uint8Array(hkdfSync("sha256", new Uint8Array(own), file.sha256, about, 32));
    const seal = await sealFor(recipients, seed);
    const pieces = (): AsyncIterable<Uint8Array> => seal.encrypt(file.pieces());
    return {
      name: `${file.name}${ENCRYPTED}`,
      bytes: seal.size(file.bytes),
      sha256: await sha256Of(pieces()),
      encrypted: { bytes: file.bytes, recipients: [...recipients] },
      pieces,
    } satisfies Outgoing;
  };
}

/** The checksum must be known before the first byte is sent, so the file is encrypted twice, and needs no space for its stored form. */
async function sha256Of(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const piece of pieces) hasher.update(piece);
  return hasher.digest("hex");
}

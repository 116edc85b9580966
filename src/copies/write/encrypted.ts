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
    const encrypt = (): AsyncIterable<Uint8Array> => seal.encrypt(file.pieces());
    const bytes = seal.size(file.bytes);
    const held = file.bytes > HELD_BYTES ? undefined : await gathered(encrypt(), bytes);
    return {
      name: `${file.name}${ENCRYPTED}`,
      bytes,
      // It must be known before the first byte is sent: so a file that is too large to be held is encrypted twice.
      sha256: held === undefined ? await seal.sha256(file.pieces()) : Bun.SHA256.hash(held, "hex"),
      encrypted: { bytes: file.bytes, recipients: [...recipients] },
      isChecked: held !== undefined,
      pieces: held === undefined ? encrypt : heldPieces(held),
    } satisfies Outgoing;
  };
}

/** What is held until it is sent, as much as the store may hold of it. Bytes */
const HELD_BYTES = 8 << 20;

async function gathered(pieces: AsyncIterable<Uint8Array>, bytes: number): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  for await (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}

const heldPieces = (content: Uint8Array): Outgoing["pieces"] =>
  async function* () {
    yield content;
  };

/**
 * What an export keeps in a place until its snapshot stands there: the plan, and who has done what. It is authenticated with a key
 * that only this machine has, so nobody who can write to the place can have an export vouch for what it did not read. In a place
 * with recipients it is encrypted to them and to a key of this export, which is derived, so nothing of it is kept here.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { SigningKey } from "../../audit/format/note.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { openEncrypted } from "../../storage/age/decrypt.ts";
import { AgeError } from "../../storage/age/error.ts";
import { identityFrom, recipientOf } from "../../storage/age/keys.ts";
import type { Json } from "../../units/json.ts";
import { plainName } from "../format/bookkeeping.ts";
import { ENCRYPTED } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import { encryptedTo } from "../write/encrypted.ts";
import { asItIs, fromMemory, type StoredForm } from "../write/outgoing.ts";
import { type Sent, trySend } from "../write/send.ts";

/** Small values under names of their own, each written once. */
export interface Bookkeeping {
  /** Writes a value where none has its name. */
  write(name: string, value: Readonly<Record<string, Json>>): Promise<Sent>;
  /** @param object its stored name, below the export's @throws SnapshotError when another key has written it, or none @throws PluginError */
  read(object: string, bytes: number): Promise<Readonly<Record<string, Json>>>;
}

interface BookkeepingOptions {
  readonly place: Place;
  /** The snapshot's name. */
  readonly folder: string;
  readonly key: Pick<SigningKey, "secret">;
}

/** Larger than the first step of any export. Bytes */
const VALUE_BYTES_MAX = 320 << 20;

/** The bookkeeping of one export. */
export async function openBookkeeping({ place, folder, key }: BookkeepingOptions): Promise<Bookkeeping> {
  const derived = (info: string): Buffer =>
    Buffer.from(hkdfSync("sha256", key.secret, "", `contextcore export ${folder} ${info}`, 32));
  const [secret, identity] = [derived("authentication"), await identityFrom(derived("encryption"))];
  const macOf = (name: string, text: string): Buffer =>
    createHmac("sha256", secret).update(`${name}\n${text}`).digest();
  const form: StoredForm =
    place.recipients.length === 0
      ? asItIs
      : encryptedTo([...place.recipients, await recipientOf(identity)], key);
  return {
    async write(name, value) {
      const mac = macOf(name, JSON.stringify(value)).toString("hex");
      const file = fromMemory(name, Buffer.from(`${JSON.stringify({ ...value, mac })}\n`));
      return trySend({ place, folder, file: await form(file), replaces: false });
    },
    async read(object, bytes) {
      const where = place.shown(`${folder}/${object}`);
      if (bytes > VALUE_BYTES_MAX) throw foreign(where);
      const stored = await place.fetch(`${folder}/${object}`, { from: 0, to: bytes });
      const plain = object.endsWith(ENCRYPTED) ? await decrypted(stored, identity, where) : stored;
      const { mac, value } = parsed(Buffer.from(plain).toString(), where);
      const expected = macOf(plainName(object), JSON.stringify(value));
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) throw foreign(where);
      return value;
    },
  };
}

async function decrypted(stored: Uint8Array, identity: string, where: string): Promise<Uint8Array> {
  try {
    const read = async (from: number, to: number): Promise<Uint8Array> => stored.subarray(from, to);
    const opened = await openEncrypted({ size: stored.length, read }, [identity]);
    return await opened.read(0, opened.size);
  } catch (cause) {
    if (!(cause instanceof AgeError)) throw cause;
    throw foreign(where, cause);
  }
}

function parsed(text: string, where: string): { mac: Buffer; value: Record<string, Json> } {
  try {
    const { mac, ...value }: Record<string, Json> = JSON.parse(text);
    if (typeof mac === "string") return { mac: Buffer.from(mac, "hex"), value };
  } catch (cause) {
    throw foreign(where, cause);
  }
  throw foreign(where);
}

const foreign = (where: string, cause?: unknown): SnapshotError =>
  new SnapshotError(`${where} was not written by this project's key, or it was changed`, {
    cause,
    hint: "An export is finished where it was begun, with the key that it was begun with. What it left is removed by a prune of the place; begin a new one.",
  });

import { createHash, randomBytes } from "node:crypto";

/** A UUID of version 7 (RFC 9562): ids sort by the time when they were made. @param now ms since 1970 */
export const uuidv7 = (now: number = Date.now()): string => uuidOf(now, randomBytes(16));

/** The same for the same words: an id of version 7 for what has a name and a time already. @param at ms since 1970 */
export const namedUuid = (at: number, ...words: readonly string[]): string =>
  uuidOf(at, createHash("sha256").update(words.join("\n")).digest().subarray(0, 16));

/** @param bytes 16, of which the first become the time */
function uuidOf(at: number, bytes: Buffer): string {
  bytes.writeUIntBE(at, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

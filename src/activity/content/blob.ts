/** What stands for bytes that are not kept. */
import { createHash } from "node:crypto";
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { BlobPart } from "../format/run.ts";

const DATA_URL = /^data:([\w.+-]{0,100}\/?[\w.+-]{0,100})?(?:;[\w=.+-]{1,100}){0,5};base64,/;

/** The bytes of a `data:` URL; `undefined` when it is none. */
export function blobOf(url: string): BlobPart | undefined {
  const [lead, mediaType] = DATA_URL.exec(url) ?? [];
  if (lead === undefined) return undefined;
  return {
    ...blob(Buffer.from(url.slice(lead.length), "base64")),
    ...given({ mediaType: mediaType || undefined }),
  };
}

/** Numbers, as the text that they had. */
export const numbersBlob = (numbers: readonly Json[]): BlobPart => blob(Buffer.from(JSON.stringify(numbers)));

/** @param bytes that are not kept */
const blob = (bytes: Uint8Array): BlobPart => ({
  type: "blob",
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

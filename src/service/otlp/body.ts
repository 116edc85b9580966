/** The body of a request, bounded before and after it is unpacked: a few bytes can be made to become very many. */
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { HttpError } from "../listen/problem.ts";

/** As it is sent, and unpacked. Bytes */
const BODY_MAX = 32 << 20;

const PACKINGS: Readonly<
  Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>>
> = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/** @throws HttpError: 413 beyond the limit, 400 for what is not packed as it says, 415 for a packing that is not known */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const packing = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  const isPlain = packing === "identity" || packing === "";
  if (!isPlain && !Object.hasOwn(PACKINGS, packing))
    throw new HttpError(415, `a body in ${packing} is not read`, "send it as it is, or in gzip");
  const bytes = await sent(request);
  return isPlain ? bytes : unpacked(bytes, packing);
}

async function sent(request: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = Number(request.headers.get("content-length") ?? 0);
  if (size > BODY_MAX) throw tooLong();
  size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.length;
    if (size > BODY_MAX) throw tooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function unpacked(bytes: Uint8Array, packing: string): Promise<Uint8Array> {
  try {
    return (await PACKINGS[packing]?.(bytes, { maxOutputLength: BODY_MAX })) ?? bytes;
  } catch (error) {
    const isLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw isLong ? tooLong() : new HttpError(400, `the body is not in ${packing}`);
  }
}

const tooLong = (): HttpError =>
  new HttpError(
    413,
    `the body is longer than ${BODY_MAX} bytes`,
    "send smaller batches: OTEL_BSP_MAX_EXPORT_BATCH_SIZE says how many spans",
  );

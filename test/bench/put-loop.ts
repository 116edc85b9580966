/** The barest loop that moves the files of a directory into a bucket: PUTs of 8 MiB whose bytes were hashed once. Arguments: URL, directory. */
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { sha256Of, signed } from "../../plugins/s3/sign.ts";

const [url = "", directory = ""] = process.argv.slice(2);
const PIECE = 8 << 20;
const AT_ONCE = 4;
const keys = { accessKeyId: "access", secretAccessKey: "s3cret" };

const pieces = readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .flatMap((file) => {
    const { size } = Bun.file(file);
    return Array.from({ length: Math.ceil(size / PIECE) }, (_, at) => ({
      file,
      at: at * PIECE,
      length: Math.min(PIECE, size - at * PIECE),
    }));
  });

async function put({ file, at, length }: (typeof pieces)[number], number: number): Promise<void> {
  const body = Buffer.allocUnsafeSlow(length);
  const handle = await open(file);
  await handle.read(body, 0, length, at);
  await handle.close();
  const call = {
    method: "PUT",
    host: new URL(url).host,
    path: `/shop/bare/${number}`,
    query: "",
    headers: {},
  };
  const headers = signed(
    { ...call, bodySha256: sha256Of(body) },
    { keys, region: "us-east-1", now: new Date() },
  );
  const answer = await fetch(url + call.path, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(`a PUT was answered with ${answer.status}`);
  await answer.bytes();
}

const waiting = pieces.entries();
const work = async (): Promise<void> => {
  for (const [number, piece] of waiting) await put(piece, number);
};
await Promise.all(Array.from({ length: AT_ONCE }, work));

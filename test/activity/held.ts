/** What can be read from the files of a log by whoever has them. */
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** All that the files hold, with what is compressed in them. */
export function held(path: string): string {
  const texts: string[] = [];
  // The journal first: it may be emptied into the file, and go, meanwhile.
  for (const bytes of [ifThere(`${path}-wal`), readFileSync(path)]) {
    texts.push(bytes.toString("latin1"));
    for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1))
      texts.push(unpacked(bytes, at));
  }
  return texts.join("\n");
}

function ifThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** What is packed there; what is packed small lies within a page, and what follows it does not matter. */
function unpacked(bytes: Buffer, at: number): string {
  try {
    return zstdDecompressSync(bytes.subarray(at, at + 4_096)).toString("latin1");
  } catch {
    return "";
  }
}

/** Writes snapshots anew, and looks at what is left. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { openSnapshot } from "../../../src/snapshot/read/reader.ts";
import type { Rewriting } from "../../../src/snapshot/rewrite/rewriting.ts";
import { type Placed, rewriteSnapshot } from "../../../src/snapshot/rewrite/successor.ts";
import { localStorage } from "../../../src/storage/local.ts";
import { diffSnapshots } from "../../../src/verify/diff.ts";
import { verifySnapshot } from "../../../src/verify/verify.ts";

export const ERASED = {
  at: "2026-11-30T12:00:00Z",
  event: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
  why: "subject",
} as const;

/** The successor beside the snapshot, proved as `verify` does. */
export const rewritten = (path: string, rewriting: Omit<Rewriting, "erased">): Promise<Placed | undefined> =>
  rewriteSnapshot(localStorage(path), {
    ...rewriting,
    erased: ERASED,
    directory: dirname(path),
    name: basename(path),
    prove: async (files) => {
      const { flaws } = await verifySnapshot(files);
      if (flaws.length > 0) throw new Error(JSON.stringify(flaws));
    },
    isLocal: true,
    signal: new AbortController().signal,
  });

/** How many records each file has only before, only after, and in both. */
export async function differences(before: string, after: string) {
  const [a, b] = [await openSnapshot(before), await openSnapshot(after)];
  try {
    const files = await diffSnapshots(a, b);
    return Object.fromEntries(files.map(({ file, onlyA, onlyB, both }) => [file, [onlyA, onlyB, both]]));
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

/** Every file below a directory, by its name. */
export const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(path.length + 1))
    .sort();

const FRAME = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** All that is in a directory, names of files and their content, unpacked. */
export const everything = (path: string): string =>
  filesBelow(path)
    .map((name) => `${name}\n${contentOf(join(path, name))}`)
    .join("\n");

function contentOf(path: string): string {
  const bytes = readFileSync(path);
  return bytes.subarray(0, 4).equals(FRAME) ? framesIn(bytes) : bytes.toString("latin1");
}

/** A compressed file is one frame after another. */
function framesIn(bytes: Buffer): string {
  const starts: number[] = [];
  for (let at = bytes.indexOf(FRAME); at >= 0; at = bytes.indexOf(FRAME, at + 1)) starts.push(at);
  return starts
    .map((start, index) => zstdDecompressSync(bytes.subarray(start, starts[index + 1])).toString("latin1"))
    .join("");
}

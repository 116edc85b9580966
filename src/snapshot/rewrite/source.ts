/** What is read of a snapshot that is written anew: its index line by line, and what is in its blocks. */
import type { Storage } from "../../storage/storage.ts";
import type { IndexLine } from "../format/block.ts";
import { createClaims } from "../format/claims.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest } from "../format/manifest.ts";
import { INDEX_FILE, indexLines } from "../read/index-lines.ts";

/** A line of the index that can be believed. */
export interface SourceLine extends IndexLine {
  /** From 1. */
  readonly number: number;
  /** Without its newline; a view that is valid until the next line is asked for. */
  readonly text: Uint8Array;
}

/** Every line of the index. @throws SnapshotError at one that cannot be believed: what is not understood is not written anew */
export async function* sourceLines(files: Storage, manifest: Manifest): AsyncGenerator<SourceLine> {
  const objectionTo = createClaims(manifest);
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const line of indexLines(files)) {
    const flaw = "flaw" in line ? line.flaw : line.whole ? undefined : "it is cut short";
    if (!("said" in line) || flaw !== undefined)
      throw wrong(files, line.number, flaw ?? "it is not a line of an index");
    hasher.update(line.bytes).update("\n");
    const { said, number, bytes: text } = line;
    const objection = said.block && objectionTo(said.plugin, said.block);
    if (objection !== undefined) throw wrong(files, number, objection);
    yield { ...said, number, text };
  }
  if (hasher.digest("hex") !== manifest.index.sha256)
    throw new SnapshotError(`${files.shown(INDEX_FILE)}: checksum mismatch`, { hint: verifyHint(files) });
}

const wrong = (files: Storage, number: number, what: string): SnapshotError =>
  new SnapshotError(`${files.shown(INDEX_FILE)} line ${number}: ${what}`, { hint: verifyHint(files) });

/** What to do about a snapshot that cannot be written anew. */
export const verifyHint = ({ root }: Storage): string =>
  `contextcore verify ${root} says what is damaged; a damaged snapshot can only be removed as a whole.`;

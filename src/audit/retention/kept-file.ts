/** The file of the events that outlive a prune. Each line has its own hash, and the prune's event has the hash of the file. */
import { dirname, join } from "node:path";
import { entriesIn } from "../../storage/entries.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { removeFile } from "../../storage/unsynced.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { lineOf } from "../format/trail-line.ts";
import { writeDurably } from "../journal/durable.ts";

/** What the prune's event says about the file. */
interface KeptFile {
  readonly kept_file: string;
  /** SHA-256 of its bytes, hex. */
  readonly kept_sha256: string;
  readonly kept_events: number;
}

/** Writes the kept lines into a new file beside the trail at `file`. @throws TrailError */
export function writeKept(file: string, kept: readonly string[]): KeptFile {
  const text = kept.map((line) => `${line}\n`).join("");
  const sha256 = Bun.SHA256.hash(text, "hex");
  const name = `audit.kept-${sha256.slice(0, 16)}.jsonl`;
  writeDurably(join(dirname(file), name), text);
  return { kept_file: name, kept_sha256: sha256, kept_events: kept.length };
}

const KEPT_NAME = /^audit\.kept-[0-9a-f]{16}\.jsonl$/;

const keptNames = (file: string): string[] =>
  entriesIn(dirname(file)).flatMap(({ name }) => (KEPT_NAME.test(name) ? name : []));

/** Removes the files of earlier prunes; `current` is the name of the one that stays. */
export function removeOldKept(file: string, current: string): void {
  for (const name of keptNames(file)) if (name !== current) removeFile(join(dirname(file), name));
}

/** The lines that earlier prunes kept, in the order of the chain. A prune that was stopped may have left two files. */
export function keptLines(file: string): string[] {
  const lines = keptNames(file).flatMap((name) =>
    readOwnText(join(dirname(file), name), SEGMENT_BYTES_MAX)
      .split("\n")
      .slice(0, -1),
  );
  return [...new Set(lines)].sort((a, b) => lineOf(a).seq - lineOf(b).seq);
}

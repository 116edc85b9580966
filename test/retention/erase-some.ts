/** Tombstones for records of a snapshot, as an erasure leaves them: its own rewriting of snapshots is tested elsewhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTombstones } from "../../src/retention/tombstones/tombstones.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";

/** A data file in the clear of one backend. */
export interface DataFile {
  readonly plugin: string;
  /** As its plugin calls it. */
  readonly file: string;
  /** Below the snapshot; default: the same. */
  readonly path?: string;
}

/** Every record of a file, as tombstones know it. */
export const contentsIn = (snapshot: string, { file, path = file }: DataFile): string[] =>
  readFileSync(join(snapshot, path), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => Array.from(recordsOf(file, JSON.parse(line)), ({ content }) => content));

/** Writes tombstones for those that are meant. @returns how many they are */
export function erase(
  project: string,
  snapshot: string,
  of: DataFile,
  isMeant: (content: string, number: number) => boolean,
): number {
  using tombstones = openTombstones({ directory: project });
  const meant = contentsIn(snapshot, of).filter(isMeant);
  tombstones.add(of, meant);
  return meant.length;
}

/** The names of a snapshot's directory: while it is written, when it is whole, and while it is removed. */

import { basename } from "node:path";
import { toRfc3339 } from "../../units/range.ts";

/** The time when the export began, UTC: `20260124-143000`, with `-2`, `-3` … if that was taken. */
export const SNAPSHOT_NAME = /^\d{8}-\d{6}(-\d+)?$/;

/** The name of one that is begun now. ns */
export const snapshotNameAt = (now: bigint): string =>
  toRfc3339(now).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");

/** The names of snapshots that were begun in the same second, one after another: `20260124-143000`, `20260124-143000-2` … */
export const numberedName = (name: string, number: number): string =>
  number === 1 ? name : `${name}-${number}`;

/** The first name of that second, without its number. */
export const secondOf = (name: string): string => name.slice(0, 15);

/** The name of the snapshot that lies there: in a directory, or as a copy in a place (`offsite:20260124-143000`). */
export function snapshotName(path: string): string {
  const name = basename(path);
  const copied = name.slice(name.lastIndexOf(":") + 1);
  return SNAPSHOT_NAME.test(copied) ? copied : name;
}

/** What a directory beside the snapshots is: one that is being written, or written anew, or one that is being removed. */
type Unnamed = "partial" | "rewriting" | "removed";

/** `.20260124-143000.partial` */
export const hiddenName = (name: string, what: Unnamed): string => `.${name}.${what}`;

/** The snapshot's name in a {@link hiddenName}; `undefined`: the directory is called otherwise. */
export function nameInHidden(entry: string, what: Unnamed): string | undefined {
  const name = entry.slice(1, -(what.length + 1));
  return entry === hiddenName(name, what) && SNAPSHOT_NAME.test(name) ? name : undefined;
}

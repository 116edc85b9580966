/** What has changed inside of the files of a plugin since they were trusted, line by line. */
import { structuredPatch } from "diff";
import type { Location } from "../plugin/locate.ts";
import { copyOf } from "./copies.ts";
import { type PluginFiles, readFileOf } from "./files.ts";
import type { LockEntry } from "./lock.ts";
import type { Changes } from "./trust.ts";

/** One file's difference. */
export interface Difference {
  readonly file: string;
  readonly change: "changed" | "new" | "gone";
  /** Lines of a unified diff with three lines around each change, heads of hunks included; absent when there is none to show. */
  readonly lines?: readonly string[];
  /** Why there are no lines. */
  readonly reason?: string;
}

/** Work on two texts that have little in common ends here, ms. */
const DIFF_LIMIT_MS = 2_000;

/** @param directory the project's */
export function differences(
  { changed, added, removed }: Changes,
  {
    directory,
    location,
    found,
    entry,
  }: {
    readonly directory: string;
    readonly location: Location;
    readonly found: PluginFiles;
    readonly entry: LockEntry;
  },
): Difference[] {
  const before = (name: string): Uint8Array | undefined => copyOf(directory, entry.files[name]?.hash ?? "");
  const after = (name: string): Uint8Array | undefined =>
    found.files.has(name) ? readFileOf(location, name) : undefined;
  const none = new Uint8Array();
  return [
    ...changed.map((file) => between({ file, change: "changed" }, before(file), after(file))),
    ...added.map((file) => between({ file, change: "new" }, none, after(file))),
    ...removed.map((file) => between({ file, change: "gone" }, before(file), none)),
  ];
}

type Named = Pick<Difference, "file" | "change">;

function between(named: Named, before: Uint8Array | undefined, after: Uint8Array | undefined): Difference {
  if (before === undefined || after === undefined)
    return { ...named, reason: "no copy of what was trusted is on this machine" };
  const [old, now] = [textOf(before), textOf(after)];
  if (old === undefined || now === undefined)
    return { ...named, reason: `not text; ${before.length} bytes, and now ${after.length}` };
  const patch = structuredPatch("", "", old, now, "", "", { context: 3, timeout: DIFF_LIMIT_MS });
  if (patch === undefined) return { ...named, reason: "too much has changed to show it line by line" };
  return { ...named, lines: patch.hunks.flatMap((hunk) => [headOf(hunk), ...hunk.lines]) };
}

interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
}

const headOf = ({ oldStart, oldLines, newStart, newLines }: Hunk): string =>
  `@@ -${placeOf(oldStart, oldLines)} +${placeOf(newStart, newLines)} @@`;

/** A unified diff counts the line before where there is none (POSIX diff, "Diff Unified Output Format"). */
const placeOf = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`;

/** `undefined` for what is no text: a compiled module, a picture. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

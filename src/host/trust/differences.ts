/** What has changed in a plugin's files since they were trusted, line by line. */
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
  /** A unified diff with three lines of context and hunk headers; absent when it cannot be shown. */
  readonly lines?: readonly string[];
  /** Why there are no lines. */
  readonly reason?: string;
}

/** Time limit, because comparing two texts with little in common takes long. ms */
const DIFF_LIMIT_MS = 2_000;

/** @param directory the project's directory */
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
    return { ...named, reason: "this machine has no copy of the trusted file" };
  const [old, now] = [textOf(before), textOf(after)];
  if (old === undefined || now === undefined)
    return { ...named, reason: `not text; it had ${before.length} bytes and now has ${after.length}` };
  const patch = structuredPatch("", "", old, now, "", "", { context: 3, timeout: DIFF_LIMIT_MS });
  if (patch === undefined) return { ...named, reason: "too much has changed to show line by line" };
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

/** Without lines, a unified diff names the line before (POSIX diff, "Diff Unified Output Format"). */
const placeOf = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`;

/** `undefined` for anything that is not text: a compiled module, a picture. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

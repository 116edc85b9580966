/** Which rotated files of a directory are compressed now, which go, and which are left for the time being. Nothing is changed. */
import type { Level } from "../../config/logs.ts";
import type { Entry } from "../../storage/entries.ts";
import { type HeldDirectory, holdDirectory } from "../../storage/held-directory.ts";
import type { OpenFiles } from "../../storage/open-files.ts";
import { isDraft, openIn } from "../../storage/replaced-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { NS_PER_MS } from "../../units/range.ts";
import { levelOf } from "./content.ts";
import { type RotatedName, rotatedName } from "./name.ts";
import { type LogPolicy, needsLevel } from "./policy.ts";

/** Something that would be done to a file. */
export interface LogItem {
  readonly action: "compress" | "remove";
  /** Its path below the directory, with `/` between parts. */
  readonly file: string;
  readonly bytes: number;
  /** How long ago it was last written to. ms */
  readonly ageMs: number;
  /** That decides how long it is kept; absent: none is known, or it did not matter. */
  readonly level?: Level;
  /** What makes it this very file, as it is. */
  readonly mark: string;
}

/** A rotated file that is left although something would be due. */
export interface LeftLog {
  readonly file: string;
  readonly reason: string;
}

/** What would be done. */
export interface LogWork {
  readonly items: readonly LogItem[];
  readonly left: readonly LeftLog[];
}

/** By what it is decided. */
interface LogRules {
  readonly policy: LogPolicy;
  readonly open: OpenFiles;
  /** ms since the epoch */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Deeper than any program writes logs. */
const DEPTH_MAX = 8;
/** Written to so lately that somebody may still be at it, ms; longer where it is not known what others have open. */
const RECENT_MS = 3_600_000;
const RECENT_UNKNOWN_MS = 24 * RECENT_MS;

/** Looks at everything below the directory. @throws what the system throws when it cannot be opened */
export async function planLogs(directory: string, rules: LogRules): Promise<LogWork> {
  const items: LogItem[] = [];
  const left: LeftLog[] = [];
  using root = holdDirectory(directory);
  await lookInto(root, [], { ...rules, items, left });
  return { items, left };
}

interface Looking extends LogRules {
  readonly items: LogItem[];
  readonly left: LeftLog[];
}

async function lookInto(directory: HeldDirectory, below: readonly string[], looking: Looking): Promise<void> {
  for (const { name, kind } of directory.entries()) {
    looking.signal.throwIfAborted();
    const file = [...below, name].join("/");
    try {
      if (kind === "directory") await goInto(directory, name, below, looking);
      const rotated = kind === "file" ? rotatedName(name) : undefined;
      if (rotated !== undefined) await lookAt(directory, { name, file, rotated }, looking);
      if (kind === "file" && isDraft(name)) lookAtDraft(directory, { name, file }, looking);
    } catch (error) {
      looking.signal.throwIfAborted();
      looking.left.push({ file, reason: `it cannot be looked at: ${messageOf(error)}` });
    }
  }
}

async function goInto(
  directory: HeldDirectory,
  name: string,
  below: readonly string[],
  looking: Looking,
): Promise<void> {
  if (below.length >= DEPTH_MAX) throw new Error(`it is more than ${DEPTH_MAX} directories deep`);
  using inner = holdDirectory(directory.at("."), [name]);
  await lookInto(inner, [...below, name], looking);
}

/** What a run that was killed has left goes; one that is running has written to it lately, or has it open. */
function lookAtDraft(
  directory: HeldDirectory,
  { name, file }: Pick<One, "name" | "file">,
  { now, open, items }: Looking,
): void {
  const entry = directory.entry(name);
  if (entry?.kind !== "file" || open.has(entry)) return;
  const ageMs = now - Number(entry.touchedNs / NS_PER_MS);
  if (ageMs >= RECENT_MS)
    items.push({ action: "remove", file, bytes: entry.bytes, ageMs, mark: logMark(entry) });
}

interface One {
  readonly name: string;
  readonly file: string;
  readonly rotated: RotatedName;
}

async function lookAt(directory: HeldDirectory, one: One, looking: Looking): Promise<void> {
  const { name, file, rotated } = one;
  const { policy, now, items, left } = looking;
  const entry = directory.entry(name);
  if (entry?.kind !== "file") return;
  const ageMs = now - entry.changedMs;
  const level = await levelThere(directory, one, ageMs, looking);
  const isOver = ageMs > policy.keptMs(level);
  const action = isOver ? "remove" : rotated.coding === undefined && entry.bytes > 0 ? "compress" : undefined;
  if (action === undefined) return;
  const reason = whyLeft(entry, ageMs, looking);
  if (reason !== undefined) return void left.push({ file, reason });
  items.push({ action, file, bytes: entry.bytes, ageMs, mark: logMark(entry), ...(level && { level }) });
}

/** Its name says it, or its content where that matters. */
async function levelThere(
  directory: HeldDirectory,
  { name, rotated: { level, coding } }: One,
  ageMs: number,
  { policy, signal }: Looking,
): Promise<Level | undefined> {
  if (level !== undefined || !needsLevel(policy, ageMs)) return level;
  using file = openIn(directory, name);
  return await levelOf(file, { policy, signal, ...(coding && { coding }) });
}

function whyLeft(entry: Entry, ageMs: number, { open }: LogRules): string | undefined {
  if (open.has(entry)) return "a program has it open";
  if (ageMs >= (open.isPartial ? RECENT_UNKNOWN_MS : RECENT_MS)) return undefined;
  return open.isPartial
    ? "it was written to within the last 24 hours, and which programs of other users have it open is not known"
    : "it was written to within the last hour";
}

/** The same file, with the same in it. */
export const logMark = ({ dev, ino, bornNs, bytes, changedMs, touchedNs }: Entry): string =>
  `${dev}:${ino}:${bornNs}:${bytes}:${changedMs}:${touchedNs}`;

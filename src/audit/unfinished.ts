/**
 * Remembers each operation that has begun and not ended as a small file in `.contextcore/open/`, so that the next command
 * finds it however long ago it began, without reading the whole trail.
 */
import { dirname, join } from "node:path";
import { entriesIn, entryAt } from "../storage/entries.ts";
import { makeOwnDirectory, readOwnText, requireOwnDirectories } from "../storage/own-file.ts";
import { createNote, removeFile, touch } from "../storage/unsynced.ts";
import { isLitter } from "../units/litter.ts";
import { isMissing } from "../units/system-refusal.ts";
import { cannot } from "./format/error.ts";
import type { AuditEvent } from "./format/event.ts";
import { SMALL_BYTES_MAX } from "./format/limits.ts";

const folderOf = (file: string): string => join(dirname(file), "open");

/** The file is named after the `started` event's id and holds the event's number. */
const pathOf = (file: string, id: string): string => join(folderOf(file), encodeURIComponent(id));

/**
 * Remembers what these events begin, and forgets what they end. Not fsynced, because the newest part of a trail is always
 * searched anyway.
 * @param file the trail's file @throws TrailError
 */
export function noteUnfinished(file: string, events: readonly AuditEvent[]): void {
  const folder = folderOf(file);
  try {
    for (const { outcome, id, seq, ref } of events) {
      if (ref !== undefined) forgetUnfinished(file, ref);
      if (outcome !== "started") continue;
      makeOwnDirectory(dirname(file), folder);
      createNote(pathOf(file, id), String(seq));
    }
  } catch (cause) {
    throw cannot("note running operations in", folder, cause);
  }
}

/** Forgets an operation that has ended, or is not in the trail. Where nothing can be written, that happens later. */
export function forgetUnfinished(file: string, id: string): void {
  try {
    removeFile(pathOf(file, id));
  } catch {
    return; // remembering one for too long only costs a longer search
  }
}

/** How often running work renews its file. ms */
const HEARTBEAT_MS = 30_000;

/**
 * Renews the time of an operation's file while its work goes on. Whoever cannot see its process (on another host, in another
 * container) can tell from that time that it is alive.
 * @param file the trail's file
 */
export function keepAlive(file: string, id: string, everyMs: number = HEARTBEAT_MS): Disposable {
  const beat = (): void => {
    try {
      touch(pathOf(file, id));
    } catch {
      return; // that nothing can be written was reported when the operation began
    }
  };
  const timer = setInterval(beat, everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** An operation that has begun, as remembered in its file. */
export interface UnfinishedOperation {
  /** The number of its `started` event. */
  readonly seq: number;
  /** When it last showed that it is running, ms since the epoch. */
  readonly aliveMs: number;
}

/** The remembered operations, by the ids of their `started` events. @throws TrailError */
export function rememberedUnfinished(file: string): ReadonlyMap<string, UnfinishedOperation> {
  const folder = folderOf(file);
  try {
    requireOwnDirectories(dirname(file), folder);
    const notes = entriesIn(folder).filter(({ name }) => !isLitter(name));
    return new Map(notes.map(({ name }) => [decodeURIComponent(name), noteIn(join(folder, name))]));
  } catch (cause) {
    if (isMissing(cause)) return new Map(); // nothing has begun yet, or an operation has just ended
    throw cannot("read the running operations in", folder, cause);
  }
}

/** If a power failure cut the file, the event is searched from the trail's beginning. */
function noteIn(path: string): UnfinishedOperation {
  const entry = entryAt(path);
  const text = readOwnText(path, SMALL_BYTES_MAX);
  return { seq: /^\d+$/.test(text) ? Number(text) : 1, aliveMs: entry?.changedMs ?? 0 };
}

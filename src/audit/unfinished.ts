/**
 * Operations that have begun and not ended, each a small file in `.contextcore/open/`: so that the next command finds one
 * however long ago it began, without reading all of the trail each time.
 */
import { closeSync, lstatSync, lutimesSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeOwnDirectory, openOwnSync, readOwnText, requireOwnDirectories } from "../storage/own-file.ts";
import { isMissing } from "../units/system-refusal.ts";
import { cannot } from "./format/error.ts";
import type { AuditEvent } from "./format/event.ts";
import { SMALL_BYTES_MAX } from "./format/limits.ts";

const folderOf = (file: string): string => join(dirname(file), "open");

/** Named after the `started` event's id; it holds the event's number. */
const pathOf = (file: string, id: string): string => join(folderOf(file), encodeURIComponent(id));

/**
 * Remembers what these events begin, and forgets what they end. Not fsynced: the newest part of a trail is looked at anyway.
 * @param file the trail's @throws TrailError
 */
export function noteUnfinished(file: string, events: readonly AuditEvent[]): void {
  const folder = folderOf(file);
  try {
    for (const { outcome, id, seq, ref } of events) {
      if (ref !== undefined) forgetUnfinished(file, ref);
      if (outcome !== "started") continue;
      makeOwnDirectory(dirname(file), folder);
      const note = openOwnSync(pathOf(file, id), "create");
      try {
        writeFileSync(note, String(seq));
      } finally {
        closeSync(note);
      }
    }
  } catch (cause) {
    throw cannot("remember what has begun in", folder, cause);
  }
}

/** The operation with this id has ended, or is not in the trail. Where nothing can be written, it is forgotten later. */
export function forgetUnfinished(file: string, id: string): void {
  try {
    rmSync(pathOf(file, id), { force: true });
  } catch {
    return; // one that is remembered too long costs a longer look back, and nothing else
  }
}

/** How often work that goes on says so. ms */
const HEARTBEAT_MS = 30_000;

/**
 * Renews the time of what is remembered of an operation while its work goes on: whoever cannot see its process (on another
 * host, in another container) knows from that time that it lives.
 * @param file the trail's
 */
export function keepAlive(file: string, id: string, everyMs: number = HEARTBEAT_MS): Disposable {
  const beat = (): void => {
    try {
      const now = Date.now() / 1000;
      lutimesSync(pathOf(file, id), now, now);
    } catch {
      return; // what cannot be written was told when the operation began
    }
  };
  const timer = setInterval(beat, everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** What is remembered of an operation that has begun. */
export interface UnfinishedOperation {
  /** The number of its `started` event. */
  readonly seq: number;
  /** When it last said that it goes on, ms since the epoch. */
  readonly aliveMs: number;
}

/** Of the operations that are remembered, by the ids of their `started` events. @throws TrailError */
export function rememberedUnfinished(file: string): ReadonlyMap<string, UnfinishedOperation> {
  const folder = folderOf(file);
  try {
    requireOwnDirectories(dirname(file), folder);
    const names = readdirSync(folder);
    return new Map(names.map((name) => [decodeURIComponent(name), noteIn(join(folder, name))]));
  } catch (cause) {
    if (isMissing(cause)) return new Map(); // nothing began yet, or one has ended meanwhile
    throw cannot("read what has begun in", folder, cause);
  }
}

/** What was cut by a power failure is looked for from the trail's beginning. */
function noteIn(path: string): UnfinishedOperation {
  const text = readOwnText(path, SMALL_BYTES_MAX);
  return { seq: /^\d+$/.test(text) ? Number(text) : 1, aliveMs: lstatSync(path).mtimeMs };
}

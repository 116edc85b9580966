/** What a task tells while it goes on: server-sent events, in the order in which they come. */

import { useEffect, useState } from "preact/hooks";
import type { RunEvent } from "../../src/service/running/feed.ts";

/** How far a part of a task is. */
export type Progress = Extract<RunEvent, { event: "progress" }>;

/** What is known of a task that is watched. */
export interface Watched {
  readonly parts: readonly string[];
  readonly progress: ReadonlyMap<string, Progress>;
  readonly waiting: readonly string[];
  /** The last ones. */
  readonly messages: readonly { readonly event: "note" | "warning"; readonly message: string }[];
  /** Messages that were left out, or that had no room here. */
  readonly missed: number;
  /** Counts up when the task itself has changed: its state, its plan, its end. */
  readonly changes: number;
  readonly connection: "connecting" | "open" | "lost";
}

const NOTHING: Watched = {
  parts: [],
  progress: new Map(),
  waiting: [],
  messages: [],
  missed: 0,
  changes: 0,
  connection: "connecting",
};

const MESSAGES_MAX = 200;

/** What is known after an event. */
function heard(before: Watched, event: RunEvent): Watched {
  switch (event.event) {
    case "parts":
      return { ...before, parts: event.names, progress: new Map() };
    case "progress":
      return { ...before, progress: new Map(before.progress).set(event.name, event) };
    case "waiting":
      return { ...before, waiting: event.names };
    case "note":
    case "warning": {
      const messages = [...before.messages, event];
      const missed = before.missed + Math.max(0, messages.length - MESSAGES_MAX);
      return { ...before, messages: messages.slice(-MESSAGES_MAX), missed };
    }
    case "missed":
      return { ...before, missed: before.missed + event.messages };
    default:
      return { ...before, changes: before.changes + 1 };
  }
}

const EVENTS = ["parts", "progress", "waiting", "note", "warning", "missed", "state", "plan", "ended"];

/** Watches a task until it has ended. @param id undefined: none */
export function useWatch(id: string | undefined): Watched {
  const [watched, setWatched] = useState<Watched>(NOTHING);
  useEffect(() => {
    // What was heard stays: a task that has ended says nothing more.
    if (id === undefined) return;
    setWatched(NOTHING);
    const source = new EventSource(`/api/v1/tasks/${encodeURIComponent(id)}/events`);
    // Whoever comes again is told how things stand, from the beginning.
    source.onopen = () =>
      setWatched((before) => ({ ...NOTHING, changes: before.changes, connection: "open" }));
    source.onerror = () => setWatched((before) => ({ ...before, connection: "lost" }));
    for (const event of EVENTS)
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        setWatched((before) => heard(before, { event, ...JSON.parse(data) }));
        if (event === "ended") source.close();
      });
    return () => source.close();
  }, [id]);
  return watched;
}

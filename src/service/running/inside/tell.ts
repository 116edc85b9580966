/** How a task's process tells what it does: progress in readable steps, messages within bounds. */
import type { Caller } from "../../../tasks/stack/stack.ts";
import type { Progress } from "../../../tasks/task/progress.ts";
import { given } from "../../../units/given.ts";
import { MESSAGE_MAX, type TaskEvent } from "../protocol.ts";

/** The channels of a task to whoever listens. */
type Channels = Pick<Caller, "note" | "warn" | "follow" | "waitFor" | "pour">;

/** How often one part tells how far it is, ms. */
const EVERY_MS = 200;

/** @param tell writes one event */
export function tellingChannels(tell: (event: TaskEvent) => void): Channels {
  const say = (event: "note" | "warning") => (message: string) =>
    tell({ event, message: message.slice(0, MESSAGE_MAX) });
  return {
    note: say("note"),
    warn: say("warning"),
    follow(parts = []) {
      const news = newestOnly(tell);
      tell({ event: "parts", names: [...parts] });
      return {
        progress: news.add,
        [Symbol.dispose]() {
          news.flush();
          tell({ event: "parts", names: [] });
        },
      };
    },
    waitFor(names) {
      const left = new Set(names);
      const say = (): void => tell({ event: "waiting", names: [...left] });
      say();
      return {
        answered: (name) => void (left.delete(name) && say()),
        [Symbol.dispose]: () => tell({ event: "waiting", names: [] }),
      };
    },
    // What is offered gives a result, and no text.
    pour: async () => false,
  };
}

/** Of each part only its newest state is told, and not more often than can be read. */
function newestOnly(tell: (event: TaskEvent) => void) {
  const newest = new Map<string, Progress>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const { goesOnInMs, counts, ...progress } of newest.values()) {
      const goesOnInSeconds = goesOnInMs === undefined ? undefined : goesOnInMs / 1_000;
      tell({ event: "progress", ...progress, counts: { ...counts }, ...given({ goesOnInSeconds }) });
    }
    newest.clear();
  };
  return {
    add(progress: Progress): void {
      newest.set(progress.name, progress);
      timer ??= setTimeout(flush, EVERY_MS);
    },
    flush,
  };
}

/** How far a restore has come: for the trail, and for the last line, where it ends before its end. */
import type { Did } from "../../audit/format/event.ts";
import type { Counts } from "../../contract/contract.ts";
import type { RestorePlan } from "../../restore/plan.ts";
import { listed } from "../../units/words.ts";
import { countsText } from "./counts-text.ts";

/** What is known of one target. */
interface Wrote {
  readonly name: string;
  readonly written: Counts;
}

/** Told what happens, in this order. */
export interface Course {
  /** From now on the servers are written to. */
  begins(): void;
  wrote(target: Wrote): void;
  /** Everything was offered to the servers; what they hold is not counted yet. */
  isWritten(targets: readonly Wrote[]): void;
  counted(name: string): void;
  /** What is true now, a sentence without a full stop. */
  lastWord(): string;
}

/** The course of a restore that has not begun. */
export function createCourse({ targets }: RestorePlan, did: Did): Course {
  const written = new Map<string, Counts>();
  const uncounted = new Set(targets.map(({ name }) => name));
  let state: "before" | "writing" | "counting" = "before";
  const tell = (): void =>
    did({
      written: Object.fromEntries([...written].map(([name, counts]) => [name, { ...counts }])),
      ...(state === "counting" ? { not_counted: [...uncounted] } : {}),
    });
  const wrote = (target: Wrote): void => void written.set(target.name, target.written);
  const told = (): string =>
    [...written].map(([name, counts]) => `${name} ${countsText(counts)}`).join("; ") || "nothing";
  return {
    begins() {
      state = "writing";
      tell();
    },
    wrote(target) {
      wrote(target);
      tell();
    },
    isWritten(all) {
      state = "counting";
      all.forEach(wrote);
      tell();
    },
    counted(name) {
      uncounted.delete(name);
      tell();
    },
    lastWord() {
      if (state === "before") return "nothing was written";
      const goesOn = "the same command with --resume goes on";
      if (state === "writing") return `at least this is written: ${told()}; ${goesOn}`;
      const left = uncounted.size === 0 ? "" : `; not counted on the servers: ${listed([...uncounted])}`;
      return `written: ${told()}${left}; ${goesOn}`;
    },
  };
}

/** How far a restore has got, for the trail and for the last line if it ends early. */
import type { Did } from "../audit/format/event.ts";
import type { Counts } from "../contract/contract.ts";
import { countsText } from "../units/unit-text.ts";
import { listed } from "../units/words.ts";
import type { PlannedRestore } from "./plan.ts";

/** What is known of one target. */
interface Wrote {
  readonly name: string;
  readonly written: Counts;
  /** More records are in transit, with an unknown outcome. */
  readonly unanswered?: boolean;
}

/** Receives these events, in this order. */
export interface Course {
  /** The servers are written to from now on. */
  begins(): void;
  /** Records are in transit to a server: until {@link wrote} nobody knows whether it accepted them. */
  offers(name: string): void;
  wrote(target: Wrote): void;
  /** Everything was offered to the servers; what they hold is not counted yet. */
  isWritten(targets: readonly Wrote[]): void;
  counted(name: string): void;
  /** The present state, as a sentence without a full stop. */
  lastWord(): string;
}

/**
 * The course of a restore that has not begun.
 * @param times `--from` and `--to`: a relative time such as `24h` would mean another time when the restore continues
 */
export function createCourse(
  { targets }: PlannedRestore,
  did: Did,
  times: Readonly<Partial<Record<"from" | "to", string>>>,
): Course {
  const written = new Map<string, Counts>();
  const unanswered = new Set<string>();
  const uncounted = new Set(targets.map(({ name }) => name));
  let state: "before" | "writing" | "counting" = "before";
  const isNothing = (): boolean => unanswered.size === 0 && ![...written.values()].some(isAny);
  const tell = (): void => {
    const details = {
      written: Object.fromEntries([...written].map(([name, counts]) => [name, { ...counts }])),
      ...(state === "counting" ? { not_counted: [...uncounted] } : {}),
    };
    did(state !== "counting" && isNothing() ? undefined : details);
  };
  const wrote = (target: Wrote): void => {
    if (!target.unanswered) unanswered.delete(target.name);
    written.set(target.name, target.written);
  };
  const told = (): string =>
    [...written]
      .filter(([, counts]) => isAny(counts))
      .map(([name, counts]) => `${name} ${countsText(counts)}`)
      .join("; ");
  const flags = [...Object.entries(times).map(([name, time]) => `--${name} ${time}`), "--resume"].join(" ");
  const goesOn = `the same command with ${flags} continues`;
  const whileWriting = (): string => {
    if (isNothing()) return "nothing was written";
    if (told() !== "") return `at least this was written: ${told()}; ${goesOn}`;
    return `nothing is known to have been written; ${listed([...unanswered])} had not answered yet; ${goesOn}`;
  };
  return {
    begins() {
      state = "writing";
    },
    offers(name) {
      unanswered.add(name);
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
      if (state === "writing") return whileWriting();
      const left = uncounted.size === 0 ? "" : `; not counted on the servers: ${listed([...uncounted])}`;
      return `written: ${told() || "nothing"}${left}; ${goesOn}`;
    },
  };
}

const isAny = (counts: Counts): boolean => Object.values(counts).some((count) => count > 0);

/**
 * The project that the lab's sample data tells of: its tasks are spans, its build metrics series, its services' lines logs.
 * Each face writes its own part from this, so that they agree with one another.
 */
import { random } from "./random.ts";

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly status: "todo" | "in_progress" | "done" | "blocked";
  readonly assignee: string;
  /** ns */
  readonly startedAt: bigint;
  readonly durationNs: bigint;
}

export const SERVICES = ["contextcore-tracker", "checkout", "inventory-service", "payments"] as const;

const TITLES = [
  "Design the export",
  "Write the reader",
  "Review the trail",
  "Fix the flaky test",
  "Cut the release",
];
const PEOPLE = ["ada", "grace", "linus", "margaret"];
const STATES = ["todo", "in_progress", "done", "blocked"] as const;

/** `count` tasks spread evenly over the 24 hours before `now`, the same for the same seed and `now`. */
export function tasks(options: { seed: number; now: bigint; count?: number }): Task[] {
  const { seed, now, count = 40 } = options;
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const spacing = 86_000_000_000_000n / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    id: `TASK-${String(index + 1).padStart(3, "0")}`,
    title: pick(TITLES),
    status: pick(STATES),
    assignee: pick(PEOPLE),
    startedAt: now - 86_400_000_000_000n + BigInt(index) * spacing,
    durationNs: 60_000_000_000n + BigInt(Math.floor(next() * 1_000)) * 1_000_000_000n,
  }));
}

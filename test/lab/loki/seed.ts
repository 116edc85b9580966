import { random } from "../random.ts";
import { SERVICES, type Task, tasks } from "../story.ts";
import type { PushedEntry } from "./decode.ts";
import type { LokiFace } from "./index.ts";

const MINUTE = 60_000_000_000n;

/** Lines that are hard to carry: each is there once, in a stream of its own. */
export const ODD_LINES = [
  "",
  'naïve ✨ 漢字 \u0000 nul \t tab "quote" \\ back',
  "line one\nline two",
  '{"level":"warn","message":"<b>html</b> & more \u2028"}',
  "x".repeat(3_000),
];

/** A day of the project's services' lines: what they did with the tasks, with trace ids as structured metadata. */
export function seedLoki(face: LokiFace, story: { seed: number; now: bigint }): void {
  const next = random(story.seed);
  const all = tasks(story);
  for (const service of SERVICES) {
    for (const env of ["prod", "staging"]) {
      const entries = all
        .flatMap((task) => linesOf(task, service, next))
        .sort((a, b) => (a.time < b.time ? -1 : 1));
      store(face, { app: service, env }, entries);
    }
  }
  const odd = ODD_LINES.map((line, index) => ({
    time: story.now - MINUTE * BigInt(index + 5),
    line,
    metadata: [],
  }));
  store(face, { app: "odd", path: 'C:\\logs\\"x"' }, odd.reverse());
  const burst = story.now - 30n * MINUTE;
  store(
    face,
    { job: "cron" },
    Array.from({ length: 12 }, (_, index) => ({ time: burst, line: `run ${index}`, metadata: [] })),
  );
}

function store(face: LokiFace, labels: Record<string, string>, entries: readonly PushedEntry[]): void {
  const { status, text } = face.push([{ labels: Object.entries(labels), entries }]);
  if (status !== 204) throw new Error(`the lab refused its own data: ${status} ${text}`);
}

function linesOf(task: Task, service: string, next: () => number): PushedEntry[] {
  const count = 2 + Math.floor(next() * 6);
  const trace = Bun.hash(`${task.id}${service}`).toString(16).padStart(32, "0");
  return Array.from({ length: count }, (_, index) => ({
    time:
      task.startedAt + (task.durationNs / BigInt(count)) * BigInt(index) + BigInt(Math.floor(next() * 1e6)),
    line: lineOf(task, service, index, next()),
    metadata: [
      ["trace_id", trace],
      ["task_id", task.id],
    ],
  }));
}

function lineOf(task: Task, service: string, index: number, chance: number): string {
  if (chance < 0.05)
    return `level=error service=${service} task=${task.id} msg="lock not taken" attempt=${index}`;
  if (chance < 0.15)
    return `level=warn service=${service} task=${task.id} msg="slow answer" ms=${Math.floor(chance * 9000)}`;
  return `level=info service=${service} task=${task.id} msg="${task.title}" step=${index} assignee=${task.assignee}`;
}

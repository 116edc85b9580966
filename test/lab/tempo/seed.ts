import { random } from "../random.ts";
import { SERVICES, type Task, tasks } from "../story.ts";
import type { TempoFace } from "./index.ts";
import type { Attribute, Attributed, Scope, Span, Trace } from "./model.ts";
import { storedTrace } from "./store.ts";

const text = (key: string, value: string): Attribute => ({ key, value: { kind: "string", value } });
const whole = (key: string, value: bigint): Attribute => ({ key, value: { kind: "int", value } });

const resource = (service: string): Attributed => ({
  attributes: [
    text("deployment.environment", "lab"),
    text("k8s.pod.name", `${service}-0`),
    text("service.name", service),
  ],
  droppedAttributes: 0,
});

const SCOPE: Scope = { name: "contextcore.tasks", version: "1.0.0", attributes: [], droppedAttributes: 0 };

/** The project's tasks: each a trace, with its steps as child spans, comments as events, and a link to the task before it. */
export async function seedTempo(face: TempoFace, story: { seed: number; now: bigint }): Promise<void> {
  const next = random(story.seed + 7);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
  let before: { traceId: string; spanId: string } | undefined;
  for (const task of tasks(story)) {
    // Every seventh id begins with zeros, since Tempo leaves those out when it lists traces.
    const traceId = task.id.endsWith("7") ? `0000${hex(28)}` : hex(32);
    const root = { ...rootSpan(task, traceId, hex(16)), links: before === undefined ? [] : [linkTo(before)] };
    face.add([storedTrace(traceId, withSteps(task, root, hex))]);
    before = { traceId, spanId: root.spanId };
  }
}

const linkTo = (one: { traceId: string; spanId: string }) => ({
  ...one,
  traceState: "",
  attributes: [text("link.type", "follows")],
  droppedAttributes: 0,
});

function rootSpan(task: Task, traceId: string, spanId: string): Span {
  return {
    traceId,
    spanId,
    parentSpanId: "",
    traceState: "",
    name: task.title,
    kind: 1,
    start: task.startedAt,
    end: task.startedAt + task.durationNs,
    attributes: [
      ...[text("task.id", task.id), text("task.title", task.title), text("task.status", task.status)],
      ...[
        text("task.assignee", task.assignee),
        whole("task.story_points", (task.durationNs / 60_000_000_000n) % 8n),
      ],
    ],
    droppedAttributes: 0,
    events: [
      {
        time: task.startedAt + task.durationNs / 2n,
        name: "comment",
        attributes: [
          text("comment.author", task.assignee),
          text("comment.text", `“${task.title}” is ${task.status}`),
        ],
        droppedAttributes: 0,
      },
    ],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status:
      task.status === "blocked" ? { code: 2, message: "waits for another task" } : { code: 1, message: "" },
  };
}

/** The root in the tracker, one step in each of the other services. */
function withSteps(task: Task, root: Span, hex: (digits: number) => string): Trace {
  const [tracker, ...others] = SERVICES;
  const length = task.durationNs / BigInt(others.length);
  const steps = others.map((service, index) => ({
    resource: resource(service),
    scopeSpans: [{ scope: SCOPE, spans: [step(root, service, BigInt(index) * length, length, hex(16))] }],
  }));
  return [{ resource: resource(tracker), scopeSpans: [{ scope: SCOPE, spans: [root] }] }, ...steps];
}

const step = (root: Span, service: string, offset: bigint, length: bigint, spanId: string): Span => ({
  ...root,
  spanId,
  parentSpanId: root.spanId,
  name: `change ${service}`,
  kind: 2,
  start: root.start + offset,
  end: root.start + offset + length,
  attributes: [
    text("code.repository", service),
    whole("code.lines_changed", (length / 1_000_000_000n) % 400n),
  ],
  events: [],
  links: [],
  status: { code: 0, message: "" },
});

/** When a server fails, hangs or lies, the plugin reports it as the contract says, in time, and reveals no secret. */

import { type ErrorKind, isKind, PluginError } from "../contract/errors.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, Nonconformance, require, within } from "./check.ts";
import { requireEqual } from "./compare.ts";
import type { FaultOptions } from "./faults.ts";
import { type CheckedHook, hooksOf } from "./hooks.ts";
import type { Subject } from "./subject.ts";

interface FaultCase {
  readonly name: string;
  readonly fault: FaultOptions;
  readonly kinds: readonly ErrorKind[];
}

const CASES: readonly FaultCase[] = [
  { name: "401", fault: { kind: "status", status: 401 }, kinds: ["refused"] },
  { name: "403", fault: { kind: "status", status: 403 }, kinds: ["refused"] },
  { name: "404", fault: { kind: "status", status: 404 }, kinds: ["not-found", "refused", "invalid"] },
  { name: "429", fault: { kind: "status", status: 429, retryAfter: 7 }, kinds: ["temporary"] },
  { name: "500", fault: { kind: "status", status: 500 }, kinds: ["temporary", "too-large"] },
  { name: "503", fault: { kind: "status", status: 503 }, kinds: ["temporary"] },
  { name: "a web page", fault: { kind: "page" }, kinds: ["invalid"] },
  { name: "an empty body", fault: { kind: "empty" }, kinds: ["invalid", "temporary"] },
  { name: "half a body", fault: { kind: "half" }, kinds: ["invalid", "temporary"] },
  { name: "a cut connection", fault: { kind: "cut" }, kinds: ["temporary"] },
];

const noServer = ({ proxy }: Subject): string | undefined =>
  proxy === undefined ? "it has no option `url`, so no server of its own" : undefined;

/** For every plugin that has a server; those without one are waived. */
export const faultRules: readonly Check<Subject>[] = [
  ...CASES.map((one) => classified(one)),
  {
    name: "server-gone",
    why: "a server that is not there is the most common failure of all",
    waived: noServer,
    async run(subject) {
      for (const hook of await hooksOf(subject, { url: await closedPort() })) {
        const failure = await fails(hook);
        if (!hook.mustFail && failure === undefined) continue;
        require(isKind(failure, "temporary"), `${hook.name}: ${shown(failure)}, not a temporary error`);
        require(failure.message.includes(
          subject.plugin.name,
        ), `${hook.name}: the message does not name the plugin: ${failure.message}`);
      }
    },
  },
  {
    name: "flaky-server",
    why: "an export through a bad connection brings the same records as through a good one",
    waived: (subject) =>
      noServer(subject) ?? (subject.plugin.backend === undefined ? "it has no export" : undefined),
    async run(subject) {
      const clean = await subject.harvest();
      const rotation: FaultOptions[] = [
        { kind: "status", status: 500 },
        { kind: "cut" },
        { kind: "status", status: 429, retryAfter: 0 },
        { kind: "half" },
      ];
      const found = await withFaults(subject, scattered(rotation), () => subject.walk({ retries: 8 }));
      requireEqual(clean, found, "when every seventh answer is a failure and is asked for again");
    },
  },
];

/** The fault strikes the first call and then every seventh. */
function scattered(rotation: readonly FaultOptions[]): FaultOptions[] {
  return Array.from({ length: 60 }, (_, index) => ({
    kind: "cut" as const,
    ...rotation[index % rotation.length],
    after: index * 6,
    times: 1,
  }));
}

function classified({ name, fault, kinds }: FaultCase): Check<Subject> {
  return {
    name: `answers-${name.replaceAll(" ", "-").replace(/^an?-/, "")}`,
    why: `the engine decides by the kind of an error: ${name} is ${kinds.join(" or ")}`,
    waived: noServer,
    async run(subject) {
      for (const hook of await hooksOf(subject)) {
        const struckBefore = subject.proxy?.faults.struck ?? 0;
        const failure = await withFaults(subject, [fault], () => fails(hook));
        if ((subject.proxy?.faults.struck ?? 0) === struckBefore) continue;
        if (failure === undefined)
          require(!mustFail(hook, fault, subject), `${hook.name} called ${name} a success`);
        else requireKind(failure, { name, fault, kinds }, hook);
      }
    },
  };
}

/**
 * A store may hold anything, so any 200 answer may be an object, and a missing object is a valid answer. A sink reads nothing:
 * a 200 means that the event was taken. The endpoint that receives events need not know the probed address, so any answer to a
 * probe shows that it is there.
 */
function mustFail(hook: CheckedHook, { kind, status = 200 }: FaultOptions, { plugin }: Subject): boolean {
  if (plugin.store !== undefined) return hook.mustFail && kind === "status" && status !== 404;
  if (plugin.sink === undefined) return hook.mustFail;
  const isRefusal =
    hook.name === "probe" ? kind === "status" && status !== 404 : kind === "status" || kind === "cut";
  return hook.mustFail && isRefusal;
}

function requireKind(failure: unknown, { name, fault, kinds }: FaultCase, hook: CheckedHook): void {
  if (failure instanceof SaidSo) return;
  require(isKind(
    failure,
    ...kinds,
  ), `${hook.name} called ${name} ${shown(failure)}, and not ${kinds.join(" or ")}`);
  if (fault.retryAfter === undefined) return;
  require(failure.retryAfterMs === fault.retryAfter * 1000, `${hook.name}: Retry-After was lost on the way`);
}

const shown = (failure: unknown): string =>
  failure instanceof PluginError
    ? `${failure.kind} (${failure.message})`
    : `an unclassified ${String(failure)}`;

/** What the hook threw; `undefined` for an unqualified success. A step may also report what is missing. */
export async function fails(hook: CheckedHook, signal = NEVER): Promise<unknown> {
  try {
    const problems = await within(60_000, hook.call(signal), `${hook.name} did not end`);
    const [problem] = problems ?? [];
    return problem === undefined ? undefined : new SaidSo(problem.reason);
  } catch (error) {
    if (error instanceof Nonconformance) throw error;
    return error ?? new Error("undefined was thrown");
  }
}

/** A step that succeeded and reported what is missing. */
class SaidSo extends PluginError {
  constructor(reason: string) {
    super("invalid", reason);
  }
}

/** Runs `work` while the server has these faults, and removes them however it ends. */
export async function withFaults<Result>(
  { proxy }: Subject,
  faults: readonly FaultOptions[],
  work: () => Promise<Result>,
): Promise<Result> {
  const undo = faults.map((fault) => proxy?.faults.add(fault));
  try {
    return await work();
  } finally {
    for (const remove of undo) remove?.();
  }
}

/** A URL where nothing listens. */
async function closedPort(): Promise<string> {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const url = `http://127.0.0.1:${server.port}`;
  await server.stop(true);
  return url;
}

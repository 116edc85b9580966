/** Guards every hook of a backend, a sink or a store; built-in and third-party plugins alike. */

import type { Backend, Exporter, LineMatcher, Restorer, Sink, Step, Store } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { NEVER } from "../../units/time-limit.ts";
import { createEndWatch } from "./endless.ts";
import { callHook, type HookCall, HookDefect } from "./hook.ts";
import { type Method, methodOf, objectWith } from "./members.ts";
import { callStream, callWithBytes } from "./stream-hook.ts";
import {
  BACKEND_HOOKS,
  bytesIn,
  type FaceName,
  type Faces,
  HOOK_TABLE,
  type Hook,
  hookName,
  isOptionalPart,
  type LimitKind,
  withBytesAt,
} from "./table.ts";

/** How the hooks of a plugin are guarded. */
export interface GuardOptions {
  readonly redact: (text: string) => string;
  readonly limits?: Partial<HookLimits>;
  /** Third-party code in its own process has less time. */
  readonly foreign?: boolean;
}

/** Time limit of a hook by its kind, ms. */
export interface HookLimits extends Readonly<Record<LimitKind, number>> {
  /** Steps in a row without records and objects before the export counts as endless. */
  readonly barrenSteps: number;
}

/** One HTTP call may take five minutes, and a hook may make several. */
const LIMITS: HookLimits = { lookMs: 10 * 60_000, workMs: 30 * 60_000, barrenSteps: 100_000 };
const FOREIGN_LIMITS: HookLimits = { lookMs: 60_000, workMs: 10 * 60_000, barrenSteps: 10_000 };

const limitsOf = ({ limits, foreign = false }: GuardOptions): HookLimits => ({
  ...(foreign ? FOREIGN_LIMITS : LIMITS),
  ...limits,
});

/** The same backend, guarded: see {@link callHook} for what a hook can then throw. */
export function guardBackend(plugin: string, backend: Backend, options: GuardOptions): Backend {
  const guarded = guardFace("backend", plugin, backend, options);
  const { export: exporter, restore } = guarded;
  return {
    ...guarded,
    export: {
      ...watchEnd(plugin, exporter, limitsOf(options).barrenSteps),
      ...given({ heeds: backend.export.heeds, continues: backend.export.continues }),
    },
    ...given({ restore: restore && { ...restore, ...given(dataOf(backend.restore)) } }),
  };
}

/** The members of a restorer that are not methods. */
const dataOf = ({ heeds, order }: Partial<Restorer> = {}) => ({ heeds, order });

/** The same sink, guarded. */
export const guardSink = (plugin: string, sink: Sink, options: GuardOptions): Sink =>
  guardFace("sink", plugin, sink, options);

/** The same store, guarded. */
export const guardStore = (plugin: string, store: Store, options: GuardOptions): Store =>
  guardFace("store", plugin, store, options);

function guardFace<Name extends FaceName>(
  face: Name,
  plugin: string,
  opened: Faces[Name],
  options: GuardOptions,
): Faces[Name] {
  requireFace(face, plugin, opened);
  const callOf = (path: string, { limit, answer }: Hook): HookCall => ({
    plugin,
    hook: hookName(face, path),
    limitMs: limitsOf(options)[limit],
    answer,
    redact: options.redact,
  });
  const guarded = Object.entries(HOOK_TABLE[face]).flatMap(([path, row]) => {
    const method = methodOf(opened, path);
    if (method === undefined) return [];
    const special = face === "backend" ? SPECIAL[path] : undefined;
    const guard = special ?? guardMethod;
    return [[path, guard(method, callOf(path, row), row, options)] as const];
  });
  // The table has a row for every method of the contract, so no method of the face is lost.
  return objectWith(guarded) as Faces[Name];
}

type Guard = (method: Method, call: HookCall, row: Hook, options: GuardOptions) => Method;

const guardMethod: Guard = (method, call, { way, bytesAt = 0 }) => {
  const own = (args: readonly unknown[], signal: AbortSignal) => method(...args.slice(0, -1), signal);
  const ways: Readonly<Record<Hook["way"], Method>> = {
    call: (...args) => callHook(call, signalOf(args), async (signal) => own(args, signal)),
    stream: (...args) =>
      callStream(call, signalOf(args), (signal) => own(args, signal) as AsyncIterable<unknown>),
    feed: (...args) =>
      callWithBytes(call, signalOf(args), bytesIn(args, bytesAt), async (bytes, signal) =>
        own(withBytesAt(args, bytesAt, bytes), signal),
      ),
    local: method,
  };
  return ways[way];
};

/** Hooks of a backend that need a guard of their own kind. */
const SPECIAL: Readonly<Record<string, Guard>> = {
  "restore.matcher": (method, call) => (match) => guardMany(method(match) as LineMatcher, call),
  "restore.selection": (method, call, row, options) => {
    const select = guardMethod(method, call, row, options);
    const matching = BACKEND_HOOKS["restore.matcher"];
    const many = {
      ...call,
      hook: "matcher",
      answer: matching.answer,
      limitMs: limitsOf(options)[matching.limit],
    };
    return async (...args) => guardMany((await select(...args)) as LineMatcher, many);
  },
  /** In this process it answers at once; in another one somebody has to wait. */
  "dashboards.parse": (method, call, _, { foreign = false }) =>
    foreign ? (text) => callHook(call, NEVER, async () => method(text)) : method,
};

/** The last argument of every hook but the local ones. */
function signalOf(args: readonly unknown[]): AbortSignal {
  const last = args.at(-1);
  return last instanceof AbortSignal ? last : NEVER;
}

/** A matcher that is called line by line is called too often to guard, so it stays as it is. */
function guardMany(matcher: LineMatcher, call: HookCall): LineMatcher {
  const { many } = matcher;
  if (many === undefined) return matcher;
  const guarded: LineMatcher["many"] = (lines, file, signal) =>
    callHook(call, signal, (own) => many(lines, file, own));
  return Object.assign((line: string, file: string) => matcher(line, file), { many: guarded });
}

/** The same exporter, which ends when its steps yield nothing but more cursors. */
function watchEnd(plugin: string, exporter: Exporter, barrenSteps: number): Exporter {
  const objection = createEndWatch(barrenSteps);
  let endless: string | undefined;
  /** `refused`, so that the engine soon gives up the whole backend instead of one waiting cursor after another. */
  const requireEnd = (): void => {
    if (endless !== undefined) throw new HookDefect(`${plugin}: ${endless}`, undefined, "refused");
  };
  return {
    ...exporter,
    async step(cursor, signal): Promise<Step> {
      requireEnd();
      const step = await exporter.step(cursor, signal);
      if (typeof step === "object" && step !== null) endless ??= objection(step);
      requireEnd();
      return step;
    },
  };
}

/** @throws HookDefect naming what is missing of what the contract requires */
export function requireFace(face: FaceName, plugin: string, opened: object): void {
  const required = Object.entries(HOOK_TABLE[face]).filter(([, { isRequired }]) => isRequired === true);
  const parts = Map.groupBy(required, ([path]) => (path.includes(".") ? path.replace(/\..*/, "") : ""));
  for (const [part, rows] of parts) {
    if (part !== "" && isOptionalPart(face, part) && Reflect.get(opened, part) === undefined) continue;
    const missing = rows.map(([path]) => path).filter((path) => methodOf(opened, path) === undefined);
    requireNone(plugin, part === "" ? face : `${face}.${part}`, missing);
  }
  if (face === "backend" && methodOf(opened, "erase") !== undefined && methodOf(opened, "find") === undefined)
    requireNone(plugin, face, ["find"]);
}

function requireNone(plugin: string, what: string, missing: readonly string[]): void {
  const names = missing.map((path) => path.replace(/.*\./, ""));
  if (names.length > 0) throw new HookDefect(`${plugin}: its ${what} has no ${names.join(" and no ")}`);
}

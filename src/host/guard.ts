/** Guards every hook of a backend or a sink; built-in and third-party plugins alike. */

import type {
  Backend,
  DashboardStore,
  Exporter,
  LineMatcher,
  Restorer,
  Sink,
  Step,
} from "../contract/contract.ts";
import { given } from "../units/given.ts";
import { createEndWatch } from "./endless.ts";
import { type GuardOptions, hooks, requireFunctions } from "./guard-hooks.ts";
import { callHook, type HookCall, HookDefect } from "./hook.ts";
import { callStream, callWithBytes } from "./stream-hook.ts";

/** For hooks that the contract does not let anybody cancel. */
const NEVER = new AbortController().signal;

/** The same backend, guarded: see {@link callHook} for what a hook can then throw. */
export function guardBackend(plugin: string, backend: Backend, options: GuardOptions): Backend {
  const { hook } = hooks(plugin, options);
  requireBackend(plugin, backend);
  const { export: exporter, restore, dashboards, count, limits, flush, find, erase, tenants } = backend;
  return {
    inventory: (signal) => callHook(hook("inventory", "lookMs"), signal, (own) => backend.inventory(own)),
    size: (signal) => callHook(hook("size", "lookMs"), signal, (own) => backend.size(own)),
    export: guardExporter(plugin, exporter, options),
    ...(count === undefined
      ? {}
      : {
          count: (request, signal) =>
            callHook(hook("count", "lookMs"), signal, (own) => count.call(backend, request, own)),
        }),
    ...(limits === undefined
      ? {}
      : {
          limits: (signal) => callHook(hook("limits", "lookMs"), signal, (own) => limits.call(backend, own)),
        }),
    ...(flush === undefined
      ? {}
      : { flush: (signal) => callHook(hook("flush", "workMs"), signal, (own) => flush.call(backend, own)) }),
    ...(find === undefined
      ? {}
      : {
          find: (request, signal) =>
            callStream(hook("find", "workMs"), signal, (own) => find.call(backend, request, own)),
        }),
    ...(erase === undefined
      ? {}
      : {
          erase: (request, signal) =>
            callHook(hook("erase", "workMs"), signal, (own) => erase.call(backend, request, own)),
        }),
    ...(tenants === undefined
      ? {}
      : {
          tenants: (signal) =>
            callHook(hook("tenants", "lookMs"), signal, (own) => tenants.call(backend, own)),
        }),
    ...given({
      restore: restore && guardRestorer(plugin, restore, options),
      dashboards: dashboards && guardDashboardStore(plugin, dashboards, options),
    }),
  };
}

function guardDashboardStore(plugin: string, store: DashboardStore, options: GuardOptions): DashboardStore {
  const { hook } = hooks(plugin, options);
  const { foreign = false } = options;
  const look = (name: string) => hook(`dashboards.${name}`, "lookMs");
  return {
    list: (signal) => callHook(look("list"), signal, (own) => store.list(own)),
    read: (uid, signal) => callHook(look("read"), signal, (own) => store.read(uid, own)),
    parse: (text) =>
      foreign ? callHook(look("parse"), NEVER, async () => store.parse(text)) : store.parse(text),
    write: (dashboard, signal) => callHook(look("write"), signal, (own) => store.write(dashboard, own)),
    remove: (uid, signal) => callHook(look("remove"), signal, (own) => store.remove(uid, own)),
    createFolder: (folder, signal) =>
      callHook(look("createFolder"), signal, (own) => store.createFolder(folder, own)),
    renameFolder: (folder, signal) =>
      callHook(look("renameFolder"), signal, (own) => store.renameFolder(folder, own)),
    removeFolder: (uid, signal) =>
      callHook(look("removeFolder"), signal, (own) => store.removeFolder(uid, own)),
  };
}

function guardExporter(plugin: string, exporter: Exporter, options: GuardOptions): Exporter {
  const { hook, limits } = hooks(plugin, options);
  const objection = createEndWatch(limits.barrenSteps);
  let endless: string | undefined;
  /** `refused`, so that the engine soon gives up the whole backend instead of one waiting cursor after another. */
  const requireEnd = (): void => {
    if (endless !== undefined) throw new HookDefect(`${plugin}: ${endless}`, undefined, "refused");
  };
  const watched = async (run: Promise<Step>): Promise<Step> => {
    const step = await run;
    if (typeof step === "object" && step !== null) endless ??= objection(step);
    requireEnd();
    return step;
  };
  const { split, read } = exporter;
  return {
    ...(split === undefined
      ? {}
      : {
          split: (cursor, signal) =>
            callHook(hook("split", "lookMs"), signal, (own) => split.call(exporter, cursor, own)),
        }),
    ...(read === undefined
      ? {}
      : {
          read: (cursor, signal) =>
            callStream(hook("read", "workMs"), signal, (own) => read.call(exporter, cursor, own)),
        }),
    start: (request, signal) =>
      callHook(hook("start", "workMs"), signal, (own) => exporter.start(request, own)),
    step: async (cursor, signal) => {
      requireEnd();
      return watched(callHook(hook("step", "workMs"), signal, (own) => exporter.step(cursor, own)));
    },
  };
}

function guardRestorer(plugin: string, restore: Restorer, options: GuardOptions): Restorer {
  const { hook } = hooks(plugin, options);
  const { applyBytes, compare } = restore;
  return {
    ...given({ order: restore.order }),
    ...(restore.rank === undefined ? {} : { rank: (file) => restore.rank?.(file) ?? 0 }),
    ...guardRanks(restore, hook("ranks", "lookMs")),
    ...guardMatcher(restore, hook("matcher", "lookMs")),
    ...guardSelection(restore, hook("selection", "workMs"), hook("matcher", "lookMs")),
    preflight: (plan, signal) =>
      callHook(hook("preflight", "lookMs"), signal, (own) => restore.preflight(plan, own)),
    ...(compare === undefined
      ? {}
      : {
          compare: (objects, signal) =>
            callHook(hook("compare", "workMs"), signal, (own) => compare.call(restore, objects, own)),
        }),
    apply: (batch, signal) => callHook(hook("apply", "workMs"), signal, (own) => restore.apply(batch, own)),
    ...(applyBytes === undefined
      ? {}
      : {
          applyBytes: (file, bytes, signal) =>
            callWithBytes(hook("applyBytes", "workMs"), signal, bytes, (all, own) =>
              applyBytes.call(restore, file, all, own),
            ),
        }),
    ...guardSettling(restore, hook("settleMs", "lookMs")),
  };
}

function guardSettling(restore: Restorer, hook: HookCall): Pick<Restorer, "settleMs"> {
  const { settleMs } = restore;
  if (settleMs === undefined) return {};
  return { settleMs: (signal) => callHook(hook, signal, (own) => settleMs.call(restore, own)) };
}

function guardRanks({ ranks }: Restorer, hook: HookCall): Pick<Restorer, "ranks"> {
  if (ranks === undefined) return {};
  return { ranks: (files, signal) => callHook(hook, signal, (own) => ranks(files, own)) };
}

function guardMatcher(restore: Restorer, hook: HookCall): Pick<Restorer, "matcher"> {
  const { matcher } = restore;
  return matcher === undefined ? {} : { matcher: (match) => guardMany(matcher.call(restore, match), hook) };
}

/** A matcher that is called line by line is called too often to guard, so it stays as it is. */
function guardMany(matcher: LineMatcher, hook: HookCall): LineMatcher {
  const { many } = matcher;
  if (many === undefined) return matcher;
  const guarded: LineMatcher["many"] = (lines, file, signal) =>
    callHook(hook, signal, (own) => many(lines, file, own));
  return Object.assign((line: string, file: string) => matcher(line, file), { many: guarded });
}

function guardSelection(restore: Restorer, hook: HookCall, matching: HookCall): Pick<Restorer, "selection"> {
  const { selection } = restore;
  if (selection === undefined) return {};
  return {
    selection: async (match, everything, signal) =>
      guardMany(
        await callHook(hook, signal, (own) => selection.call(restore, match, everything, own)),
        matching,
      ),
  };
}

/** The same sink, guarded. */
export function guardSink(plugin: string, sink: Sink, options: GuardOptions): Sink {
  const { hook } = hooks(plugin, options);
  const { history } = sink;
  requireSink(plugin, sink);
  return {
    probe: (signal) => callHook(hook("probe", "lookMs"), signal, (own) => sink.probe(own)),
    deliver: (event, signal) =>
      callHook(hook("deliver", "lookMs"), signal, (own) => sink.deliver(event, own)),
    ...(history === undefined
      ? {}
      : {
          history: (query, signal) =>
            callHook(hook("history", "lookMs"), signal, (own) => history.call(sink, query, own)),
        }),
  };
}

/** @throws HookDefect when a required part of the backend is missing */
export function requireBackend(plugin: string, backend: object): void {
  const restore: unknown = Reflect.get(backend, "restore");
  requireFunctions(plugin, "backend", backend, ["inventory", "size"]);
  requireFunctions(plugin, "backend.export", Reflect.get(backend, "export"), ["start", "step"]);
  if (restore !== undefined) requireFunctions(plugin, "backend.restore", restore, ["preflight", "apply"]);
  if (Reflect.get(backend, "erase") !== undefined) requireFunctions(plugin, "backend", backend, ["find"]);
}

/** @throws HookDefect when a required part of the sink is missing */
export const requireSink = (plugin: string, sink: object): void =>
  requireFunctions(plugin, "sink", sink, ["probe", "deliver"]);

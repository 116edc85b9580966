/** A backend, sink or store whose hooks run in another process. */
import type {
  Backend,
  DashboardStore,
  Found,
  LineMatcher,
  RestoreLine,
  Restorer,
  Sink,
  Step,
  Store,
} from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { requireBackend, requireSink } from "../guard.ts";
import { requireStore } from "../guard-store.ts";
import { type Instance, nextNumber } from "./instance.ts";
import { shownBytes, streamFrom } from "./streams.ts";

const has = ({ opened }: Instance, hook: string): boolean => opened.has.includes(hook);

/** The plugin's backend, with the parts of the contract that it has. @throws HookDefect when a required part is missing */
export function backendIn(instance: Instance, plugin: string): Backend {
  const { ask, opened } = instance;
  requireBackend(plugin, outline(instance));
  return {
    inventory: (signal) => ask("inventory", [], signal),
    size: (signal) => ask("size", [], signal),
    export: {
      start: (request, signal) => ask("export.start", [request], signal),
      step: (cursor, signal) => ask("export.step", [cursor], signal),
      ...(has(instance, "export.split")
        ? { split: (cursor, signal) => ask("export.split", [cursor], signal) }
        : {}),
      ...(has(instance, "export.read")
        ? { read: (cursor, signal) => streamFrom<Step>(instance, "export.read", [cursor], signal) }
        : {}),
    },
    ...(has(instance, "count") ? { count: (request, signal) => ask("count", [request], signal) } : {}),
    ...(has(instance, "limits") ? { limits: (signal) => ask("limits", [], signal) } : {}),
    ...(has(instance, "flush") ? { flush: (signal) => ask("flush", [], signal) } : {}),
    ...(has(instance, "find")
      ? { find: (request, signal) => streamFrom<Found>(instance, "find", [request], signal) }
      : {}),
    ...(has(instance, "erase") ? { erase: (request, signal) => ask("erase", [request], signal) } : {}),
    ...(has(instance, "tenants") ? { tenants: (signal) => ask("tenants", [], signal) } : {}),
    ...(opened.has.some((hook) => hook.startsWith("restore.")) ? { restore: restorerIn(instance) } : {}),
    ...(has(instance, "dashboards.list") ? { dashboards: dashboardsIn(instance) } : {}),
  };
}

/** The plugin's sink. @throws HookDefect when a required part is missing */
export function sinkIn(instance: Instance, plugin: string): Sink {
  const { ask } = instance;
  requireSink(plugin, outline(instance));
  return {
    probe: (signal) => ask("probe", [], signal),
    deliver: (event, signal) => ask("deliver", [event], signal),
    ...(has(instance, "history") ? { history: (query, signal) => ask("history", [query], signal) } : {}),
  };
}

/** The plugin's store. @throws HookDefect when a required part is missing */
export function storeIn(instance: Instance, plugin: string): Store {
  const { ask } = instance;
  requireStore(plugin, outline(instance));
  return {
    list: (prefix, signal) => streamFrom(instance, "list", [prefix], signal),
    stat: (name, signal) => ask("stat", [name], signal),
    read: (name, range, signal) => streamFrom(instance, "read", [name, range], signal),
    write({ bytes, ...object }, signal) {
      const shown = shownBytes(bytes);
      return ask("write", [object, { stream: shown.id }], signal, shown);
    },
    remove: (name, signal) => ask("remove", [name], signal),
    ...(has(instance, "retainUntil")
      ? { retainUntil: (name, until, signal) => ask("retainUntil", [name, until], signal) }
      : {}),
    ...(has(instance, "lifecycle.read")
      ? {
          lifecycle: {
            read: (signal) => ask("lifecycle.read", [], signal),
            write: (rules, signal) => ask("lifecycle.write", [rules], signal),
          },
        }
      : {}),
  };
}

/** The existing parts of the contract, as an object with methods. */
function outline({ opened }: Instance): object {
  const methods: Record<string, unknown> = {};
  for (const hook of opened.has) {
    const [part = "", name] = hook.split(".");
    const there = () => undefined;
    methods[part] = name === undefined ? there : { ...Object(methods[part]), [name]: there };
  }
  return methods;
}

function dashboardsIn({ ask }: Instance): DashboardStore {
  return {
    list: (signal) => ask("dashboards.list", [], signal),
    read: (uid, signal) => ask("dashboards.read", [uid], signal),
    parse: (text) => ask("dashboards.parse", [text]),
    write: (dashboard, signal) => ask("dashboards.write", [dashboard], signal),
    remove: (uid, signal) => ask("dashboards.remove", [uid], signal),
    createFolder: (folder, signal) => ask("dashboards.createFolder", [folder], signal),
    renameFolder: (folder, signal) => ask("dashboards.renameFolder", [folder], signal),
    removeFolder: (uid, signal) => ask("dashboards.removeFolder", [uid], signal),
  };
}

function restorerIn(instance: Instance): Restorer {
  const { ask, opened } = instance;
  return {
    ...given({ order: opened.order }),
    ...(has(instance, "restore.rank")
      ? { ranks: (files, signal) => ask("restore.rank", [files], signal) }
      : {}),
    ...(has(instance, "restore.matcher") ? { matcher: (match) => matcherBy(instance, match) } : {}),
    ...(has(instance, "restore.selection")
      ? {
          async selection(match, everything, signal) {
            const shown = { id: nextNumber(), pieces: inBatches(everything) };
            await ask("restore.selection", [{ match, id: shown.id }], signal, shown);
            return matcherBy(instance, shown.id);
          },
        }
      : {}),
    preflight: (plan, signal) => ask("restore.preflight", [plan], signal),
    ...(has(instance, "restore.compare")
      ? { compare: (objects, signal) => ask("restore.compare", [objects], signal) }
      : {}),
    apply: (batch, signal) => ask("restore.apply", [batch], signal),
    ...(has(instance, "restore.applyBytes")
      ? {
          applyBytes(file, bytes, signal) {
            const shown = shownBytes(bytes);
            return ask("restore.applyBytes", [file, { stream: shown.id }], signal, shown);
          },
        }
      : {}),
    ...(has(instance, "restore.settleMs")
      ? { settleMs: (signal) => ask("restore.settleMs", [], signal) }
      : {}),
  };
}

/** @param by a selector, or the number of a remaining selection */
function matcherBy({ ask }: Instance, by: string | number): LineMatcher {
  const one = (): never => {
    throw new Error("a plugin in a process of its own is asked for many lines at once");
  };
  return Object.assign(one, {
    many: (lines: readonly string[], file: string, signal: AbortSignal) =>
      ask<readonly (string | undefined)[]>("restore.matcher", [{ by, lines, file }], signal),
  });
}

/** How much is sent at once; the snapshot is not read further until that has been examined. characters */
const SHOWN_MAX = 256 << 10;

async function* inBatches(everything: AsyncIterable<RestoreLine>): AsyncGenerator<readonly RestoreLine[]> {
  let batch: RestoreLine[] = [];
  let filled = 0;
  for await (const one of everything) {
    batch.push(one);
    filled += one.line.length;
    if (filled < SHOWN_MAX) continue;
    yield batch;
    batch = [];
    filled = 0;
  }
  if (batch.length > 0) yield batch;
}

/** A backend, sink or store whose hooks run in another process. */
import type { Backend, LineMatcher, RestoreLine, Sink, Store } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { requireFace } from "../hooks/guard.ts";
import { type Method, objectWith } from "../hooks/members.ts";
import { bytesIn, type FaceName, type Faces, HOOK_TABLE, type Hook, withBytesAt } from "../hooks/table.ts";
import { type Instance, nextNumber } from "./instance.ts";
import { shownBytes, streamFrom } from "./streams.ts";

/** The plugin's backend, with the parts of the contract that it has. @throws HookDefect when a required part is missing */
export function backendIn(instance: Instance, plugin: string): Backend {
  const { export: exporter, restore, ...backend } = faceIn("backend", instance, plugin);
  const { order, selects, adds, continues } = instance.opened;
  return {
    ...backend,
    export: { ...exporter, ...given({ heeds: selects, continues }) },
    ...given({ restore: restore && { ...restore, ...given({ order, heeds: adds }) } }),
  };
}

/** The plugin's sink. @throws HookDefect when a required part is missing */
export const sinkIn = (instance: Instance, plugin: string): Sink => faceIn("sink", instance, plugin);

/** The plugin's store. @throws HookDefect when a required part is missing */
export const storeIn = (instance: Instance, plugin: string): Store => faceIn("store", instance, plugin);

function faceIn<Name extends FaceName>(face: Name, instance: Instance, plugin: string): Faces[Name] {
  const { has } = instance.opened;
  requireFace(face, plugin, objectWith(has.map((path) => [path, () => undefined] as const)));
  const methods = Object.entries(HOOK_TABLE[face])
    .filter(([path]) => has.includes(path))
    .map(([path, row]): [string, Method] => {
      const special = face === "backend" ? SPECIAL[path] : undefined;
      return special?.(instance) ?? [path, methodIn(instance, path, row)];
    });
  // The table has a row for every method of the contract, and what is required is there.
  return objectWith(methods) as Faces[Name];
}

function methodIn(instance: Instance, path: string, { way, bytesAt = 0 }: Hook): Method {
  const { ask } = instance;
  const ways: Readonly<Record<Hook["way"], Method>> = {
    call: (...args) => ask(path, args.slice(0, -1), signalIn(args)),
    stream: (...args) => streamFrom(instance, path, args.slice(0, -1), signalIn(args)),
    feed(...args) {
      const shown = shownBytes(bytesIn(args, bytesAt));
      const told = withBytesAt(args, bytesAt, { stream: shown.id });
      return ask(path, told.slice(0, -1), signalIn(args), shown);
    },
    local: (...args) => ask(path, args),
  };
  return ways[way];
}

/** The last argument of every hook but the local ones. */
const signalIn = (args: readonly unknown[]): AbortSignal => args.at(-1) as AbortSignal;

/**
 * Hooks of a backend that need a call of their own kind, each with the hook's name on this side. A plugin's own `ranks` comes
 * after its `rank` in the table, and takes its place.
 */
const SPECIAL: Readonly<Record<string, (instance: Instance) => [name: string, Method]>> = {
  "restore.rank": ({ ask }) => [
    "restore.ranks",
    (files, signal) => ask("restore.rank", [files], signal as AbortSignal),
  ],
  "restore.matcher": (instance) => ["restore.matcher", (match) => matcherBy(instance, match as string)],
  "restore.selection": (instance) => [
    "restore.selection",
    async (match, everything, signal) => {
      const shown = { id: nextNumber(), pieces: inBatches(everything as AsyncIterable<RestoreLine>) };
      await instance.ask("restore.selection", [{ match, id: shown.id }], signal as AbortSignal, shown);
      return matcherBy(instance, shown.id);
    },
  ],
};

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

/** The plugin under check, its server behind a proxy, and what several rules need to know. */

import * as v from "valibot";
import { about } from "../config/introspect.ts";
import type { Backend, Context, FindRequest, Plugin, Sink, Store } from "../contract/contract.ts";
import type { Apart } from "../host/apart/load-apart.ts";
import type { FaceName } from "../host/hooks/table.ts";
import { createContext, type Options } from "../host/plugin/context.ts";
import { checkDeclaration } from "../host/plugin/declaration.ts";
import { given } from "../units/given.ts";
import { NS_PER_MS, NS_PER_SECOND, type Range } from "../units/range.ts";
import { NEVER } from "../units/time-limit.ts";
import { type FaultProxy, startProxy } from "./proxy.ts";
import { type Harvest, STEPS_MAX, type WalkOptions, walk } from "./walk.ts";

/** What to check, and against what. */
export interface CheckTarget {
  /** What the plugin's module exports by default. */
  readonly declaration: unknown;
  /** Where a plugin in processes of its own is opened. */
  readonly apart?: Apart;
  readonly origin: "built-in" | "third-party";
  /** The side of the plugin; a plugin with several is checked once for each. */
  readonly face: FaceName;
  /** As in the configuration. `url` is a server with some data that no longer changes. */
  readonly options?: Options;
  /** Options that lead to an empty server of the same kind, to restore into. */
  readonly empty?: Options;
  /** Which exported lines and objects such a server accepts back. Default: all. */
  readonly restorable?: (file: string, text: string) => boolean;
  /** Redacts secret options, because the check's messages end up in terminals and logs too. */
  readonly redact?: (text: string) => string;
  /** Default: everything in the inventory. */
  readonly range?: Range;
  /** More steps than this count as an endless export. Default {@link STEPS_MAX}. */
  readonly stepsMax?: number;
  /** A person whose data the server holds and may lose. Labs only. */
  readonly subject?: Pick<FindRequest, "id" | "where">;
  /** A selector that finds some of what it exports, and leaves the rest. */
  readonly match?: string;
  /** For a sink: the lines that have arrived at its destination, oldest first. */
  readonly arrived?: () => Promise<readonly string[]>;
}

/** A plugin being checked. Each `backend`, `sink` and `store` is opened anew, as the program opens it. */
export interface Subject {
  readonly target: CheckTarget;
  readonly plugin: Plugin;
  /** Absent for a plugin without a server. */
  readonly proxy: FaultProxy | undefined;
  /** Log lines so far. */
  readonly log: readonly string[];
  /** Names of options that are declared secret and hold text. */
  readonly secretOptions: readonly string[];
  /** A new backend with these options over the target's. */
  backend(options?: Options): Promise<Backend>;
  sink(options?: Options): Promise<Sink>;
  store(options?: Options): Promise<Store>;
  range(): Promise<Range>;
  /** An export without faults, run only once. */
  harvest(): Promise<Harvest>;
  /** Another export of the same range. */
  walk(over: Partial<WalkOptions>): Promise<Harvest>;
  stop(): Promise<void>;
}

/** @throws DeclarationError when there is nothing to check */
export function openSubject(target: CheckTarget): Subject {
  const declared = checkDeclaration(target.declaration, target.origin);
  const plugin = oneFace(declared, { [target.face]: declared[target.face] });
  const url: unknown = v.parse(plugin.options, target.options ?? {}).url;
  const proxy = typeof url === "string" ? startProxy(url) : undefined;
  const log: string[] = [];
  const optionsWith = (over: Options = {}): Options => ({
    ...target.options,
    ...given({ url: proxy?.url }),
    ...over,
  });
  /** A call's time limit is a core setting, whether or not the plugin also declares it. */
  const limitIn = ({ timeout }: Options) => (typeof timeout === "string" ? { timeout } : {});
  const context = (over?: Options): Context<Options> => {
    const options = optionsWith(over);
    const own = Object.entries(options).filter(([key]) => Object.hasOwn(plugin.options.entries, key));
    return createContext(plugin, {
      options: v.parse(plugin.options, Object.fromEntries(own)),
      ...limitIn(options),
      redact: (text) => text,
      logLevel: 4,
      writeLog: (line) => log.push(line),
      foreign: target.apart !== undefined,
    });
  };
  const { apart, redact = String } = target;
  const backend = async (over?: Options): Promise<Backend> =>
    apart?.backend({ context: context(over), redact, ...limitIn(optionsWith(over)) }) ??
    opened(plugin.backend, context(over), "backend");
  const sink = async (over?: Options): Promise<Sink> =>
    apart?.sink({ context: context(over), redact, ...limitIn(optionsWith(over)) }) ??
    opened(plugin.sink, context(over), "sink");
  const store = async (over?: Options): Promise<Store> =>
    apart?.store({ context: context(over), redact, ...limitIn(optionsWith(over)) }) ??
    opened(plugin.store, context(over), "store");
  const once = <Value>(make: () => Promise<Value>) => {
    let made: Promise<Value> | undefined;
    return () => (made ??= make());
  };
  const range = once(async () => target.range ?? rangeOf(await (await backend()).inventory(NEVER)));
  const walkAgain = async (over: Partial<WalkOptions>): Promise<Harvest> => {
    const same = await backend();
    const request = { range: await range() };
    const stepsMax = target.stepsMax ?? STEPS_MAX;
    const options = { plugin: plugin.name, request, backend: async () => same, stepsMax, ...over };
    return walk(options);
  };
  return {
    target,
    plugin,
    proxy,
    log,
    secretOptions: secretsOf(plugin),
    backend,
    sink,
    store,
    range,
    harvest: once(() => walkAgain({})),
    walk: walkAgain,
    stop: async () => proxy?.stop(),
  };
}

function oneFace({ backend: _, sink: __, store: ___, ...rest }: Plugin, own: Partial<Plugin>): Plugin {
  return { ...rest, ...own };
}

function opened<Face>(
  open: ((context: Context<Options>) => Face) | undefined,
  context: Context<Options>,
  what: string,
): Face {
  if (open === undefined) throw new Error(`the plugin has no ${what}`);
  return open(context);
}

function rangeOf({ oldest, newest }: { oldest?: bigint; newest?: bigint }): Range {
  const now = BigInt(Date.now()) * NS_PER_MS;
  return { from: oldest ?? now - 86_400n * NS_PER_SECOND, to: (newest ?? now) + NS_PER_MS };
}

function secretsOf(plugin: Plugin): string[] {
  const entries = Object.entries<v.GenericSchema>(plugin.options.entries);
  return entries.flatMap(([name, schema]) =>
    // A webhook's URL may be entirely secret; what it reaches is then the server.
    name !== "url" && about(schema).secret === true && v.safeParse(schema, "text").success ? [name] : [],
  );
}

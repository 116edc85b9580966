/** Where the values of the metrics come from. Nothing is asked of a server or a place, and no data of a snapshot is read. */
import { type SinkSurvey, surveySinks } from "../../audit/deliver/survey.ts";
import { eventOf } from "../../audit/format/chain.ts";
import { closedSegments, segmentLines } from "../../audit/journal/segments.ts";
import { rememberedUnfinished } from "../../audit/unfinished.ts";
import type { Config } from "../../config/config.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import type { ScheduleJson } from "../../results/schedules.ts";
import { classTimes } from "../../retention/classes.ts";
import { isThere } from "../../storage/entries.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { given } from "../../units/given.ts";
import { asError } from "../../units/message-of.ts";
import { countedTrail } from "./counted.ts";
import { createDrillReader, type DrillFigure } from "./drills.ts";
import type { Proved } from "./proved.ts";
import { type RequestFigures, readRequestFigures } from "./requests.ts";
import { figuresOnDisk, type ServiceFigures } from "./running.ts";
import { type CategoryAge, categoryAges, type Stock } from "./stock.ts";
import type { Tally } from "./tally.ts";

/** What can be read or not, apart from the others. */
export const SOURCES = ["trail", "snapshots", "sinks", "schedules", "drills", "requests", "service"] as const;

/** All that the metrics say. What could not be read is absent, and named. */
export interface Figures {
  readonly tally?: Tally;
  /** How many operations have begun and not ended. */
  readonly unfinished?: number;
  readonly proved?: Proved;
  readonly stock?: Stock;
  /** Those that the configuration still has. */
  readonly backends: readonly string[];
  readonly ages: readonly CategoryAge[];
  readonly sinks: readonly SinkSurvey[];
  /** How schedules stand. */
  readonly schedules?: readonly ScheduleJson[];
  /** By backend. */
  readonly drills?: ReadonlyMap<string, DrillFigure>;
  /** Of persons, for the erasure of what is theirs. */
  readonly requests?: RequestFigures;
  readonly service?: ServiceFigures;
  readonly unreadable: readonly { readonly source: (typeof SOURCES)[number]; readonly error: Error }[];
  /** ms since the epoch. */
  readonly now: number;
}

/** Reads them, and remembers from one look to the next what has not changed. */
type ReadFigures = (service?: ServiceFigures) => Promise<Figures>;

/** What the figures are made from, by whoever has it. */
export interface FigureSources {
  readonly builtIns: readonly Pick<BuiltIn, "name" | "onlyNamed">[];
  /** Whether the trail is sound. */
  readonly prove: () => Promise<Proved | undefined>;
  readonly readSchedules: () => readonly ScheduleJson[] | Promise<readonly ScheduleJson[]>;
  readonly readStock: () => Promise<Stock>;
}

/** A reader of this project's figures. */
export function createFigures(config: Config, reading: FigureSources): ReadFigures {
  const { builtIns, prove, readSchedules, readStock } = reading;
  const { file } = trailPlaces(config);
  const pruneAge = createPruneAge(file);
  const readDrills = createDrillReader(config.directory);
  return async (service) => {
    const unreadable: Figures["unreadable"][number][] = [];
    const from = async <Value>(source: (typeof SOURCES)[number], read: () => Value | Promise<Value>) => {
      try {
        return await read();
      } catch (error) {
        unreadable.push({ source, error: asError(error) });
        return undefined;
      }
    };
    const ofTrail = <Value>(read: () => Value) => from("trail", () => (isThere(file) ? read() : undefined));
    const tally = await ofTrail(() => countedTrail(file));
    const unfinished = await ofTrail(() => rememberedUnfinished(file).size);
    const oldest = await ofTrail(pruneAge);
    const proved = await from("trail", prove);
    const stock = await from("snapshots", readStock);
    const sinks = await from("sinks", () => surveySinks(file, sinksOf(config)));
    const schedules = await from("schedules", readSchedules);
    const drills = await from("drills", readDrills);
    const requests = await from("requests", () => readRequestFigures(config.directory));
    const runs = await from("service", () => service ?? figuresOnDisk(config.directory));
    const now = Date.now();
    const seen = [...(stock?.backends.keys() ?? []), ...Object.keys(tally?.backends ?? {})];
    return {
      now,
      unreadable: unreadable.filter((one, at) => unreadable.findIndex((other) => isSame(one, other)) === at),
      backends: backendsOf(config, seen, builtIns),
      ages: [
        ...(stock ? categoryAges(stock.oldest, classTimes(config), now) : []),
        trailAge(config, oldest, now),
      ],
      sinks: sinks ?? [],
      ...given({ tally, unfinished, proved, stock, schedules, drills, requests, service: runs }),
    };
  };
}

type Unreadable = Figures["unreadable"][number];

/** What fails in several ways for one reason is told once. */
const isSame = (one: Unreadable, other: Unreadable): boolean =>
  one.source === other.source && one.error.message === other.error.message;

const sinksOf = ({ sinks }: Config): string[] =>
  Object.keys(sinks).filter((name) => sinks[name]?.enabled === true);

/** The backends that the configuration names, and those of earlier exports that it still has. */
function backendsOf(
  { backends, plugins }: Config,
  seen: readonly string[],
  builtIns: FigureSources["builtIns"],
): string[] {
  const own = new Set(builtIns.flatMap(({ name, onlyNamed }) => (onlyNamed ? [] : [name])));
  const named = Object.keys(backends).filter((name) => backends[name]?.options.tenants === undefined);
  const isStill = (name: string): boolean => {
    const [instance = name] = name.split("@");
    if (Object.hasOwn(backends, instance)) return true;
    return own.has(instance) || plugins.length > 0;
  };
  const all = [...named, ...seen.filter(isStill)];
  return [...new Set(all)].filter((name) => backends[name.split("@")[0] ?? name]?.enabled !== false);
}

/** What `audit prune` removes next is a closed file as a whole, once its newest event is old enough: when that event was. ms */
function createPruneAge(file: string): () => number | undefined {
  let known: { readonly path: string; readonly at: number | undefined } | undefined;
  return () => {
    const [oldest] = closedSegments(file);
    if (oldest === undefined) return undefined;
    if (known?.path !== oldest.path) {
      let last = "";
      for (const { text } of segmentLines(oldest)) last = text;
      const event = eventOf(last);
      known = { path: oldest.path, at: event && Date.parse(event.timestamp) };
    }
    return known.at;
  };
}

const DAY_SECONDS = 86_400;

const trailAge = ({ audit }: Config, oldest: number | undefined, now: number): CategoryAge => ({
  category: "audit",
  ...given({ ageSeconds: oldest && Math.max(0, now - oldest) / 1000 }),
  policySeconds: audit.retention * DAY_SECONDS,
});

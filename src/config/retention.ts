/** `retention` of `contextcore.yaml`: how long each class of data is kept, and what belongs to which class. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { duration } from "../contract/options.ts";
import type { Importance } from "../contract/values.ts";
import { parseDuration } from "../units/duration.ts";
import { closest } from "./closest.ts";
import type { ConfigProblem } from "./errors.ts";
import type { Path } from "./source.ts";

/** The classes that every project has, and how long data of each is kept unless the configuration says otherwise. */
const KEPT_BY_DEFAULT = { critical: "7y", important: "3y", operational: "1y", transient: "30d" } as const;

/** The class of data of this importance unless its instance has one. */
export const classOf = (importance: Importance): keyof typeof KEPT_BY_DEFAULT =>
  (({ critical: "critical", high: "important", medium: "operational", low: "transient" }) as const)[
    importance
  ];

/** Classes stand in manifests, labels of metrics and names of variables. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

const CLASSES_MAX = 50;

const kept = v.unwrap(duration("how long data of this class is kept", "0s", { max: "100y" }));

const className = (about: string) => v.optional(v.pipe(v.string(), v.description(about)));

/** Its settings. */
export const retentionSchema = v.nullish(
  v.strictObject({
    classes: v.nullish(
      v.pipe(
        objectOf(kept),
        v.check(
          (all) => Object.keys(all).every((name) => NAME.test(name)),
          "a class has a name of small letters, digits and dashes between them, at most 40",
        ),
        v.check((all) => Object.keys(all).length <= CLASSES_MAX, `more than ${CLASSES_MAX} classes`),
        v.check(
          (all) => !isDeletingEverything(all),
          "every class is kept for 0s, which would delete everything: give at least one a time",
        ),
        v.description(
          "how long each class is kept: critical 7y, important 3y, operational 1y, transient 30d, unless it is set; other names are further classes",
        ),
      ),
      {},
    ),
    of: v.nullish(
      v.strictObject({
        trail: className(
          "the class of the audit trail, from which `audit.retention` follows if that is not set",
        ),
        activity: className(
          "the class of the log of runs, from which `activity.retention` follows if that is not set",
        ),
        places: v.nullish(
          v.pipe(
            objectOf(v.string()),
            v.description(
              "the class of everything in a store of `stores`, in place of its data's own classes",
            ),
          ),
          {},
        ),
      }),
      {},
    ),
    servers: v.optional(
      v.pipe(
        v.boolean(),
        v.description(
          "whether data whose class has expired is also deleted on the servers that can delete it, once a snapshot holds it",
        ),
      ),
      false,
    ),
  }),
  {},
);

type Written = v.InferOutput<typeof retentionSchema>;

/** The settings of `retention` with every class in them; durations are still text. */
export interface Retention {
  /** How long each class is kept, by its name. */
  readonly classes: Readonly<Record<string, string>>;
  readonly of: {
    /** The class of the audit trail; absent: `audit.retention` alone says how long it is kept. */
    readonly trail?: string | undefined;
    /** The class of the log of runs; absent: `activity.retention` alone says how long it is kept. */
    readonly activity?: string | undefined;
    /** The class of everything in a place, by the place's name. */
    readonly places: Readonly<Record<string, string>>;
  };
  /** Expired data is deleted on servers, too. */
  readonly servers: boolean;
}

/** What is written, with what is the same in every project. */
export const retentionIn = ({ classes, of, servers }: Partial<Written>): Retention => ({
  classes: { ...KEPT_BY_DEFAULT, ...classes },
  of: { ...of, places: of?.places ?? {} },
  servers: servers ?? false,
});

/** The four are there, whatever the file says. */
function isDeletingEverything(written: Readonly<Record<string, string>>): boolean {
  return Object.values({ ...KEPT_BY_DEFAULT, ...written }).every((time) => lengthOf(time) === 0n);
}

/** Of a text that is no duration, which its own schema refuses, nothing is said here. */
function lengthOf(text: string): bigint | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

/** Why nothing can be of this class; `undefined`: it can, since it is defined. */
export function unknownClass(
  name: string,
  { classes }: Pick<Retention, "classes">,
): Pick<ConfigProblem, "what" | "hint"> | undefined {
  if (Object.hasOwn(classes, name)) return undefined;
  const meant = closest(name, Object.keys(classes));
  return {
    what: `there is no class called ${JSON.stringify(name)}`,
    hint:
      meant === undefined
        ? `there are ${Object.keys(classes).join(", ")}; another one is defined by retention.classes`
        : `did you mean ${meant}?`,
  };
}

const DAY = parseDuration("1d");

/** What is wrong with what belongs to which class. @param where the place of a key */
export function retentionProblems(
  retention: Retention,
  stores: Readonly<Record<string, unknown>>,
  where: (path: Path) => string,
): ConfigProblem[] {
  const { trail, activity, places } = retention.of;
  const named = Object.entries({ trail, activity }).map(([key, name]) => ({ path: [key], name, least: DAY }));
  const ofPlaces = Object.entries(places).map(([key, name]) => ({ path: ["places", key], name, least: 0n }));
  return [...named, ...ofPlaces].flatMap(({ path, name, least }): ConfigProblem[] => {
    const at = { where: where(["retention", "of", ...path]), key: ["retention", "of", ...path].join(".") };
    const [section, place = ""] = path;
    if (section === "places" && !Object.hasOwn(stores, place))
      return [
        { ...at, what: `there is no store called ${JSON.stringify(place)}`, ...storeHint(place, stores) },
      ];
    if (name === undefined) return [];
    const unknown = unknownClass(name, retention);
    if (unknown !== undefined) return [{ ...at, ...unknown }];
    if (parseDuration(retention.classes[name] ?? "0s") >= least) return [];
    return [{ ...at, what: `${name} is kept for less than a day`, hint: "a day is the least for this" }];
  });
}

function storeHint(place: string, stores: Readonly<Record<string, unknown>>): Pick<ConfigProblem, "hint"> {
  const meant = closest(place, Object.keys(stores));
  return { hint: meant === undefined ? "a store has its name below `stores`" : `did you mean ${meant}?` };
}

/** The setting that says how long something is kept, and the one from which that follows where it is not set. */
const FOLLOWED: Readonly<Record<string, Path>> = {
  "audit.retention": ["retention", "of", "trail"],
  "activity.retention": ["retention", "of", "activity"],
};

/** The setting that is in force at this place: a time that is not written may follow from a class. */
export function inForce(path: Path, isWritten: (path: Path) => boolean): Path {
  const from = FOLLOWED[path.join(".")];
  return from !== undefined && !isWritten(path) && isWritten(from) ? from : path;
}

/** How many days something is kept: as is written, or as its class says. */
export function daysKept(
  section: "audit" | "activity",
  written: number,
  { classes, of }: Retention,
  isWritten: (path: Path) => boolean,
): number {
  const name = section === "audit" ? of.trail : of.activity;
  if (name === undefined || isWritten([section, "retention"])) return written;
  return Number(parseDuration(classes[name] ?? "0s")) / Number(DAY);
}

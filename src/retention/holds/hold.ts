/** A hold: it stops what it is about, and only that, from being deleted for as long as it stands. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { rangeFromText, rangeSchema } from "../../snapshot/format/range-text.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";

/** What a hold may be about beside backends: the trail, whose events are no backend's. */
export const TRAIL = "trail";

/** All of that: the trail, the log of runs, and the log files of other programs. */
export const BESIDE_BACKENDS: readonly string[] = [TRAIL, "activity", "logs"];

/** A hold's name. */
export const HOLD_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A hold as `.contextcore/holds.json` has it. */
export const holdSchema = v.object({
  name: v.pipe(v.string(), v.regex(HOLD_NAME)),
  since: v.pipe(v.string(), v.isoTimestamp()),
  by: v.string(),
  about: v.exactOptional(v.string()),
  backends: v.array(v.string()),
  range: v.exactOptional(rangeSchema),
  match: v.exactOptional(objectOf(v.string())),
  snapshot: v.exactOptional(v.string()),
});

/** A hold that stands. */
export interface Hold {
  readonly name: string;
  /** When it was added, RFC 3339. */
  readonly since: string;
  /** Who added it. */
  readonly by: string;
  /** Why, in words for people. */
  readonly about?: string;
  /** The backends that it is about, and {@link TRAIL}; empty: everything. */
  readonly backends: readonly string[];
  /** Only data of this time. Absent: of all times. */
  readonly range?: Range;
  /** By backend, which of its records, in its own language; absent: all. It may name a person. */
  readonly match?: Readonly<Record<string, string>>;
  /** The snapshot that was made when it was added, by name. */
  readonly snapshot?: string;
}

/** A hold from what its file says. */
export const holdFrom = ({ range, ...hold }: v.InferOutput<typeof holdSchema>): Hold => ({
  ...hold,
  ...given({ range: range && rangeFromText(range) }),
});

/** What might go. */
interface Concerned {
  /** The backend, or {@link TRAIL}. */
  readonly backend: string;
  /** Of which time it is; absent: of any. */
  readonly range?: Range | undefined;
}

/**
 * The holds that something of this may be kept by. A hold with a selector is among them whatever that finds: who knows single
 * records asks the selector, too.
 */
export const holdsOn = (holds: readonly Hold[], concerned: Concerned): readonly Hold[] =>
  holds.filter((hold) => isAbout(hold, concerned.backend) && overlap(hold.range, concerned.range));

/** `loki` is about `loki@blue`, too: a tenant of it. */
const isAbout = ({ backends }: Hold, backend: string): boolean =>
  backends.length === 0 || backends.some((name) => name === backend || backend.startsWith(`${name}@`));

const overlap = (a: Range | undefined, b: Range | undefined): boolean =>
  a === undefined || b === undefined || (a.from < b.to && b.from < a.to);

/** What the process that reads holdings is told, and what it tells: JSON, a line each. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { given } from "../../units/given.ts";
import type { Stock } from "../metrics/stock.ts";

/** Whose holdings are read: what of the configuration says so. */
export const holderSchema = v.object({
  directory: v.string(),
  backups: v.string(),
  stores: v.array(v.string()),
  copies: v.array(v.string()),
  classes: objectOf(v.string()),
});
const ns = v.pipe(v.string(), v.regex(/^-?\d{1,25}$/));
const range = v.object({ from: ns, to: ns });

const stockSchema = v.object({
  snapshots: v.number(),
  damaged: v.number(),
  backends: objectOf(
    v.object({
      completed: v.optional(ns),
      seconds: v.optional(v.number()),
      records: v.optional(v.number()),
      bytes: v.optional(v.number()),
      restoredBytes: v.optional(v.number()),
      gaps: v.array(range),
      heldUntil: v.optional(ns),
      retentionSeconds: v.optional(v.number()),
      class: v.optional(v.string()),
    }),
  ),
  places: v.array(
    v.object({
      name: v.string(),
      copies: v.number(),
      bytes: v.number(),
      damaged: v.number(),
      missing: v.optional(v.number()),
      checked: v.optional(ns),
    }),
  ),
  oldest: objectOf(ns),
});

const headSchema = v.object({ ...stockSchema.entries, isPassing: v.boolean() });

/** What follows from what is held. */
export interface Following {
  readonly stock: Stock;
  /** JSON of `snapshots.list`. */
  readonly overview: string;
  /** Something could not be read, which may be so for a moment only. */
  readonly isPassing: boolean;
}

/** As two lines: the second is long, and is not read where it is only passed on. */
export const followingText = ({ stock, overview, isPassing }: Following): string =>
  `${stockText(stock, isPassing)}\n${overview}`;

/** And back. @throws Error for what is not such a text */
export function followingIn(text: string): Following {
  const end = text.indexOf("\n");
  const { isPassing, ...stock } = v.parse(headSchema, JSON.parse(text.slice(0, Math.max(0, end))));
  return { stock: stockFrom(stock), overview: text.slice(end + 1), isPassing };
}

/** Numbers of ns are texts. */
const stockText = ({ backends, oldest, ...stock }: Stock, isPassing: boolean): string =>
  JSON.stringify(
    { ...stock, isPassing, backends: Object.fromEntries(backends), oldest: Object.fromEntries(oldest) },
    (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value),
  );

const stockFrom = ({ backends, places, oldest, ...stock }: v.InferOutput<typeof stockSchema>): Stock => ({
  ...stock,
  backends: new Map(
    Object.entries(backends).map(([name, { completed, heldUntil, gaps, ...numbers }]) => [
      name,
      {
        ...given(numbers),
        gaps: gaps.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) })),
        ...given({ completed: big(completed), heldUntil: big(heldUntil) }),
      },
    ]),
  ),
  places: places.map(({ checked, missing, ...place }) => ({
    ...place,
    ...given({ checked: big(checked), missing }),
  })),
  oldest: new Map(Object.entries(oldest).map(([name, at]) => [name, BigInt(at)])),
});

const big = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : BigInt(text));

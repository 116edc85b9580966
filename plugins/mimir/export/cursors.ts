import { type Cursor, decodeCursor, encodeCursor, nanoseconds, type Range, v } from "contextcore";
import type { Method } from "../server/remote-read.ts";

const windowEntries = {
  from: nanoseconds,
  to: nanoseconds,
  match: v.optional(v.string()),
  method: v.picklist(["streamed", "sampled", "range"]),
  /** The export begins with this window: chunks that began before it are its own. */
  first: v.optional(v.boolean()),
};

/** The series with one of these values of a label, or (`except`) with none of them. */
const partSchema = v.object({
  label: v.string(),
  values: v.array(v.string()),
  except: v.optional(v.boolean()),
});

const cursor = v.variant("step", [
  /** Asks whether these days hold anything; if so, their parts follow. */
  v.object({ step: v.literal("span"), ...windowEntries }),
  /** One hour: read at once when it is small, else by groups of metrics. */
  v.object({ step: v.literal("hour"), ...windowEntries }),
  /** One hour's metrics, in groups. */
  v.object({
    step: v.literal("groups"),
    ...windowEntries,
    /** Only what comes after the series with these label bytes, base64; absent: all. */
    after: v.optional(v.string()),
    /** How many series a read is to have. */
    series: v.optional(v.number()),
  }),
  /** The samples of some series of a window. */
  v.object({
    step: v.literal("read"),
    ...windowEntries,
    /** The hour that it is part of, in which its samples are counted. */
    hourFrom: nanoseconds,
    hourTo: nanoseconds,
    /** These metrics only; absent: all. */
    names: v.optional(v.array(v.string())),
    /** All but these metrics. */
    except: v.optional(v.array(v.string())),
    part: v.optional(partSchema),
    /** For a read that was split: only what is in all of these. */
    within: v.optional(v.array(partSchema)),
    /** Only the series that come after the one of these label bytes, base64. */
    after: v.optional(v.string()),
  }),
  v.object({ step: v.literal("metadata"), from: nanoseconds, to: nanoseconds }),
  v.object({
    step: v.literal("exemplars"),
    from: nanoseconds,
    to: nanoseconds,
    match: v.optional(v.string()),
  }),
  v.object({ step: v.literal("rules") }),
  v.object({ step: v.literal("alertmanager") }),
]);

/** A cursor of this plugin, checked, with its times as ns. */
export type Work = v.InferOutput<typeof cursor>;
/** The cursor of one kind of step. */
export type WorkOf<Step extends Work["step"]> = Extract<Work, { step: Step }>;

/** A window of the export and how it is read. */
export interface Window extends Range {
  readonly match?: string | undefined;
  readonly method: Method;
  readonly first?: boolean | undefined;
}

/** @throws PluginError `invalid` when it is no cursor of this plugin */
export const readCursor = (value: Cursor): Work => decodeCursor("mimir", cursor, value);

/** The work as a cursor. */
export const toCursor = (work: Work): Cursor => encodeCursor(work);

/** The parts of a window that every cursor within it carries on. */
export const windowOf = ({ from, to, match, method, first }: Window): Window => ({
  from,
  to,
  match,
  method,
  first,
});

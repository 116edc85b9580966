/** What a person has asked for, and what has become of it: the report that is kept, and shown to whoever asks for proof. */
import * as v from "valibot";
import { timeSchema } from "../../../snapshot/format/range-text.ts";

/**
 * - `done`: nothing of it is left there
 * - `owed`: it could not be done yet, and is tried again
 * - `impossible`: it cannot be done there
 */
export const STATES = ["done", "owed", "impossible"] as const;

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const outcomeSchema = v.object({
  source: v.pipe(
    v.picklist(["server", "snapshot", "copy", "activity", "trail"]),
    v.description("where it was"),
  ),
  name: v.pipe(v.string(), v.description("the backend's, the snapshot's, or PLACE:NAME of a copy")),
  unit: v.string(),
  count: whole,
  state: v.pipe(
    v.picklist(STATES),
    v.description(
      "done: nothing of it is left there; owed: it is tried again; impossible: it cannot be done there",
    ),
  ),
  at: timeSchema,
  reason: v.optional(v.pipe(v.string(), v.description("why it is not done"))),
  due: v.optional(v.pipe(timeSchema, v.description("when it should be done"))),
  was: v.optional(v.pipe(hash, v.description("the manifest of the snapshot before"))),
  now: v.optional(v.pipe(hash, v.description("and after it"))),
});

/** What became of some of the data. */
export type SubjectOutcome = Readonly<v.InferOutput<typeof outcomeSchema>>;

/** A request, without anything that tells whose it is to whoever has not the key. */
export const requestSchema = v.object({
  id: v.string(),
  subject: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/), v.description("the keyed hash of the identifier")),
  asked: timeSchema,
  deadline: v.pipe(timeSchema, v.description("until when it has to be done")),
  closed: v.optional(v.pipe(timeSchema, v.description("when nothing was owed any more; absent: it is open"))),
  tried: v.pipe(whole, v.description("how often it was gone on with")),
  found: v.pipe(whole, v.description("records when it was asked for, everywhere")),
  outcomes: v.array(outcomeSchema),
});
/** See {@link requestSchema}. */
export type SubjectRequest = Readonly<v.InferOutput<typeof requestSchema>>;

/** What is still owed of it. */
export const owedIn = ({ outcomes }: Pick<SubjectRequest, "outcomes">): readonly SubjectOutcome[] =>
  outcomes.filter(({ state }) => state === "owed");

/** What is done stays said; the rest is what the last try found. */
export const afterTry = (
  { outcomes, tried, closed: _, ...request }: SubjectRequest,
  now: readonly SubjectOutcome[],
  at: string,
): SubjectRequest => {
  const all = [...outcomes.filter(({ state }) => state === "done"), ...now];
  const isOpen = all.some(({ state }) => state === "owed");
  return { ...request, tried: tried + 1, outcomes: all, ...(isOpen ? {} : { closed: at }) };
};

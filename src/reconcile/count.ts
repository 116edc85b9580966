/** Counts windows on a server: how they are asked for, when that is given up, and how counts are repeated until they settle. */
import type { Counts } from "../contract/contract.ts";
import { inParallel } from "../units/in-parallel.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import { createPatience } from "./giving-up.ts";
import type { Counted } from "./in-parts.ts";
import type { Uncounted } from "./uncounted.ts";
import type { CountQuestion } from "./windows.ts";

/** The server's answer: its numbers; why it could not be asked; or neither, when it cannot say. */
export interface CountAnswer<Asked extends CountQuestion = CountQuestion> {
  readonly question: Asked;
  readonly server?: Counts;
  readonly error?: string;
  readonly gap?: Gap;
}

/** What the numbers of an answer lack, since it could not be counted. */
interface Gap {
  readonly parts: readonly Uncounted[];
  /** What was read of their times: the numbers lack at most as much. */
  readonly read: Counts;
}

/** An answer with its times, ms by `performance.now()`. */
export interface TimedAnswer<Asked extends CountQuestion = CountQuestion> extends CountAnswer<Asked> {
  /** When it was asked for. */
  readonly asked: number;
  /** Since when the server has given the same answer. */
  readonly since: number;
}

/** How the server is asked. */
export interface CountWindowsOptions<Asked extends CountQuestion = CountQuestion> {
  /** Asks for one count, with all the retries that it is worth. `undefined`: the server cannot say. */
  readonly ask: (question: Asked) => Promise<Counted | undefined>;
  /** What was read of some ranges, by unit: asked for only where part of a window could not be counted. Default: nothing. */
  readonly readWithin?: ReadWithin;
  /** How many counts to request at once. Default: one. */
  readonly atOnce?: () => number;
}

/** What is held of some ranges, in some units. */
export type ReadWithin = (ranges: readonly Range[], units: readonly string[]) => Promise<Counts>;

/** When counts are repeated. */
interface RepeatOptions<Asked extends CountQuestion = CountQuestion> extends CountWindowsOptions<Asked> {
  /** Whether an answer is still to change, or to be confirmed. `earlier` is the one before it. */
  readonly isUnsettled: (answer: TimedAnswer<Asked>, earlier: TimedAnswer<Asked> | undefined) => boolean;
  /** Waits before these counts are repeated. False: they stand as they are. */
  readonly pause: (unsettled: readonly TimedAnswer<Asked>[]) => Promise<boolean>;
}

/** Asks for every count once. After too many failures the rest has the error of the last one. @returns the answers in order */
export async function countWindows<Asked extends CountQuestion>(
  questions: readonly Asked[],
  options: CountWindowsOptions<Asked>,
): Promise<readonly TimedAnswer<Asked>[]> {
  const { atOnce = () => 1 } = options;
  const patience = createPatience();
  const answerTo = async (question: Asked): Promise<TimedAnswer<Asked>> => {
    const error = patience.reason();
    const asked = performance.now();
    const answer = error === undefined ? await answerOf(question, options) : { question, error };
    if (error === undefined && answer.error !== undefined) patience.failed(answer.error);
    return { ...answer, asked, since: performance.now() };
  };
  return await inParallel(questions, answerTo, Math.max(1, atOnce()));
}

async function answerOf<Asked extends CountQuestion>(
  question: Asked,
  { ask, readWithin = async () => ({}) }: CountWindowsOptions<Asked>,
): Promise<CountAnswer<Asked>> {
  try {
    const found = await ask(question);
    if (found === undefined) return { question };
    const { counts: server, uncounted: parts } = found;
    const isCompared = Object.keys(server).some(question.concerns);
    if (parts.length === 0 || !isCompared) return { question, server };
    const ranges = parts.map(({ range }) => range);
    return { question, server, gap: { parts, read: await readWithin(ranges, Object.keys(server)) } };
  } catch (error) {
    return { question, error: messageOf(error) };
  }
}

/** Repeats the counts that have not settled, all of them after one pause, until none is left or the pause says no. */
export async function repeatCounts<Asked extends CountQuestion>(
  first: readonly TimedAnswer<Asked>[],
  unsettled: readonly TimedAnswer<Asked>[],
  options: RepeatOptions<Asked>,
): Promise<readonly TimedAnswer<Asked>[]> {
  let answers = first;
  let waiting = unsettled;
  while (waiting.length > 0 && (await options.pause(waiting))) {
    const previous = new Map(waiting.map((one) => [one.question, one]));
    const asked = await countWindows([...previous.keys()], options);
    const again = new Map(asked.map((one) => [one.question, carryOn(one, previous.get(one.question))]));
    answers = answers.map((one) => again.get(one.question) ?? one);
    waiting = [...again.values()].filter((one) => options.isUnsettled(one, previous.get(one.question)));
  }
  return answers;
}

/** True when the server says what it said before. */
export const isSame = (now: CountAnswer, earlier: CountAnswer | undefined): boolean =>
  Bun.deepEquals(now.server, earlier?.server);

/** The answer, with the time since when the server has given it. */
export const carryOn = <Asked extends CountQuestion>(
  one: TimedAnswer<Asked>,
  earlier: TimedAnswer | undefined,
): TimedAnswer<Asked> =>
  earlier !== undefined && isSame(one, earlier) ? { ...one, since: earlier.since } : one;

/**
 * The units in which the server's answer differs from what was read, and by how much it is higher. What was read of times that
 * could not be counted is no difference.
 */
export function unitDifferences({ question, server, gap }: CountAnswer): { unit: string; more: number }[] {
  return Object.entries(server ?? {})
    .filter(([unit]) => question.concerns(unit))
    .map(([unit, number]) => ({ unit, more: number - (question.read[unit] ?? 0) }))
    .map(({ unit, more }) => ({ unit, more: more < 0 ? Math.min(0, more + (gap?.read[unit] ?? 0)) : more }))
    .filter(({ more }) => more !== 0);
}

/** True when nothing was read and the server counts nothing. */
export const holdsNothing = ({ question, server }: CountAnswer): boolean =>
  server !== undefined &&
  [...Object.values(question.read), ...Object.values(server)].every((count) => count === 0);

/** One person's data is found and erased, and nothing else. */

import type { Backend, EraseAnswer, Found, Json } from "../contract/contract.ts";
import { recordsOf } from "../snapshot/format/record-keys.ts";
import { isObject } from "../units/json.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireStored } from "./stored-rules.ts";
import type { CheckTarget, Subject } from "./subject.ts";
import type { Harvest } from "./walk.ts";

/** The last rules of a backend, because what they erase is gone from the lab. */
export const erasureRules: readonly Check<Subject>[] = [
  {
    name: "find-then-erase",
    why: "what belongs to one person is found and erased, and nothing else is touched",
    waived: async ({ backend, target }) => {
      const { find, erase } = await backend();
      if (find === undefined) return "it has no `find`";
      if (erase === undefined) return "it has no `erase`";
      return target.subject === undefined ? "the lab names no subject" : undefined;
    },
    async run(subject) {
      const { target } = subject;
      const backend = await subject.backend();
      const before = await subject.walk({});
      const found = await findAll(backend, target);
      require(found.length > 0, "no data of the lab's subject was found");
      require(Bun.deepEquals(
        totals(found),
        totals(await findAll(backend, target)),
      ), "a second search found something else");
      await requireStored(before, backend.stored, target);
      const answer = await backend.erase?.({ id: target.subject?.id ?? "", found }, NEVER);
      const gone = requireOutcomes(found, answer);
      const left = await findAll(await subject.backend(), target);
      require(sum(totals(left)) ===
        sum(totals(found)) -
          sum(
            gone,
          ), `after erasing, ${sum(totals(left))} are still found, and ${sum(gone)} were erased or owed`);
      requireRest(before, await subject.walk({ backend: () => subject.backend() }), gone, target.restorable);
    },
  },
];

async function findAll(backend: Backend, { subject }: CheckTarget): Promise<Found[]> {
  if (subject === undefined) return [];
  const found = await Array.fromAsync(backend.find?.(subject, NEVER) ?? []);
  const told = found.find(({ where }) => where.includes(subject.id));
  require(told === undefined, `\`where\` tells the identifier: ${told?.where}`);
  return found;
}

type Totals = Readonly<Record<string, number>>;

function totals(found: readonly { readonly unit: string; readonly count: number }[]): Totals {
  const all: Record<string, number> = {};
  for (const { unit, count } of found) all[unit] = (all[unit] ?? 0) + count;
  return all;
}

const sum = (all: Totals): number => Object.values(all).reduce((total, count) => total + count, 0);

/** @returns what is gone or will be, by unit */
function requireOutcomes(found: readonly Found[], answer: EraseAnswer | undefined): Totals {
  const outcomes = answer?.outcomes ?? [];
  require(outcomes.length ===
    found.length, `${found.length} were to be erased, but it reports on ${outcomes.length}`);
  const silent = outcomes.find(({ state, reason }) => state !== "erased" && reason === undefined);
  require(silent === undefined, `something is ${silent?.state}, and it does not say why`);
  return totals(
    outcomes.flatMap(({ state, count }, at) =>
      state === "impossible" ? [] : [{ unit: found[at]?.unit ?? "", count }],
    ),
  );
}

/**
 * Every remaining record was there before, and as many are missing as were erased: of what cannot be erased at all, nothing.
 * @param restorable files of which nothing can be put back say something of this moment alone, and are not compared
 */
export function requireRest(
  before: Harvest,
  after: Harvest,
  gone: Totals,
  restorable: CheckTarget["restorable"],
): void {
  const had = new Set(recordsWithin(before, restorable));
  const stranger = recordsWithin(after, restorable).find((one) => !had.has(one));
  require(stranger === undefined, `a record has changed: ${stranger?.slice(0, 200)}`);
  const isNothing = Object.keys(gone).length === 0;
  for (const [unit, count] of Object.entries(before.counts)) {
    const lacking = count - (after.counts[unit] ?? 0);
    const expected = gone[unit] ?? (isNothing ? 0 : lacking);
    require(lacking === expected, `${lacking} ${unit} are gone, and ${expected} were erased`);
  }
}

/** Records without regard to which lines they come in. */
export function recordsWithin(
  { lines, objects }: Harvest,
  restorable: CheckTarget["restorable"] = () => true,
): string[] {
  const records = [...lines]
    .filter(([file]) => restorable(file, ""))
    .flatMap(([file, all]) =>
      all.flatMap((line) => {
        const value: Json = JSON.parse(line);
        return [...recordsOf(file, withoutPlace(value))].map(({ content }) => `${file} ${content}`);
      }),
    );
  return [...records, ...[...objects].map(([path, text]) => `${path} ${text}`)];
}

/** Where a line's content lies in its file of bytes differs from export to export. */
function withoutPlace(value: Json): Json {
  if (!isObject(value) || !isObject(value.content)) return value;
  const { file, offset, ...content } = value.content;
  return typeof file === "string" && typeof offset === "number" ? { ...value, content } : value;
}

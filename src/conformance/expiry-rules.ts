/** What is past its time is let go of, and nothing younger. */
import type { Counts, Expirable, ExpireAnswer } from "../contract/contract.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { recordsWithin, requireRest } from "./erasure-rules.ts";
import type { Subject } from "./subject.ts";

/** After all others, because what they let go of is gone from the lab. */
export const expiryRules: readonly Check<Subject>[] = [
  {
    name: "expire-old",
    why: "what is older than a time is let go of as it was counted before, and nothing younger is",
    waived: async ({ backend }) =>
      (await backend()).expire === undefined ? "it has no `expire`" : undefined,
    async run(subject) {
      const backend = await subject.backend();
      const { from, to } = await subject.range();
      const before = from + (to - from) / 2n;
      const all = await subject.walk({});
      const young = () => subject.walk({ request: { range: { from: before, to } } });
      const kept = recordsWithin(await young()).sort();
      const found = await backend.findExpired?.({ before }, NEVER);
      require(found !== undefined, "it has `expire`, and no `findExpired`");
      require(Bun.deepEquals(
        counted(found),
        counted(await backend.findExpired?.({ before }, NEVER)),
      ), "counting a second time gave something else");
      const answer = await backend.expire?.({ before }, NEVER);
      const gone = requireAnswer(found, answer);
      requireRest(
        all,
        await subject.walk({ backend: () => subject.backend() }),
        gone,
        subject.target.restorable,
      );
      require(Bun.deepEquals(kept, recordsWithin(await young()).sort()), "something younger is gone");
    },
  },
];

const counted = (found: Expirable | undefined): Counts => found?.counts ?? {};

/** @returns what is gone, or will be, by unit */
function requireAnswer(found: Expirable, answer: ExpireAnswer | undefined): Counts {
  require(answer !== undefined, "it does not answer");
  const { state, reason, counts } = answer;
  require(state === "expired" || reason !== undefined, `it is ${state}, and does not say why`);
  if (state === "impossible") return {};
  require(Bun.deepEquals(counts, found.counts), "it let go of something else than was counted before");
  return counts;
}

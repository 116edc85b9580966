/** What a backend reports about its server before an export. */

import { ANSWERS, answerObjection } from "../host/hooks/answers.ts";
import { formatBytes } from "../units/bytes.ts";
import { NS_PER_MS, toRfc3339 } from "../units/range.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import type { Subject } from "./subject.ts";

/** Allowed clock difference. */
const SKEW_NS = 86_400_000n * NS_PER_MS;

/** For backends: what they say of their server is right, plausible, and in the right units. */
export const lookRules: readonly Check<Subject>[] = [
  {
    name: "inventory",
    why: "the inventory is what people decide by",
    async run(subject) {
      const inventory = await (await subject.backend()).inventory(NEVER);
      fits("inventory", ANSWERS.inventory, inventory);
      const { oldest, newest, retention, signals } = inventory;
      require(signals.length > 0, "the inventory names no signal: traces, metrics, logs or dashboards");
      require(oldest === undefined ||
        newest === undefined ||
        oldest <= newest, "the oldest data is newer than the newest");
      const now = BigInt(Date.now()) * NS_PER_MS;
      require(newest === undefined ||
        newest < now + SKEW_NS, `the newest data lies in the future: ${toRfc3339(newest ?? 0n)}`);
      require(typeof retention !== "bigint" ||
        retention > 0n, "a retention that is not positive: is it in ns?");
    },
  },
  {
    name: "size",
    why: "a size cannot be judged without knowing how it was found",
    async run(subject) {
      const size = await (await subject.backend()).size(NEVER);
      fits("size", ANSWERS.size, size);
      require(size.source !== "estimate" ||
        Boolean(size.how), "an estimate must say in `how` how it was worked out");
      require(size.bytes < 1e18, `${formatBytes(size.bytes)} is not a size`);
    },
  },
  {
    name: "limits",
    why: "what a server clamps is read before an export, not discovered after it",
    waived: async ({ backend }) =>
      (await backend()).limits === undefined ? "it has no `limits`" : undefined,
    async run(subject) {
      const limits = await (await subject.backend()).limits?.(NEVER);
      fits("limits", ANSWERS.limits, limits);
    },
  },
];

function fits(hook: string, schema: Parameters<typeof answerObjection>[0], answer: unknown): void {
  const objection = answerObjection(schema, answer);
  require(objection === undefined, `${hook} gave a wrong answer: ${objection}`);
}

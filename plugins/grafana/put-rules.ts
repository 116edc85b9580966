/** Restores the rules of a group, each with its original provenance. */
import type { Problem } from "contextcore";
import { asText, type Fields, without } from "./json.ts";
import type { Outcome, Restoring } from "./kind.ts";
import { CREATED, create, refused, type Write } from "./put.ts";

/** A rule as stored in its group's file. */
export type Rule = Fields & { readonly uid: string; readonly provenance?: string | undefined };

/** A rule that was not restored, and why. */
export interface Unwritten {
  readonly rule: Rule;
  readonly reason: string;
}

interface Group {
  readonly rules: readonly Rule[];
  /** Not attempted. */
  readonly left: readonly Unwritten[];
  /** True while no rule of the group exists: it is then written as a group, because only a group has an interval. */
  readonly isNew: boolean;
  asGroup(rules: readonly Fields[]): Write;
  asRule(rule: Fields): Write;
  /** The header that tells the server which provenance a rule gets. */
  headers(rule: Rule): Readonly<Record<string, string>>;
  isThere(uid: string): Promise<boolean>;
}

/**
 * Writes the rules in order. A call gives everything it writes one provenance, so rules with different ones are sent one by
 * one, the first of them as the group. A refused call does not stop the others.
 * @returns created when any rule was, with the others named
 */
export async function putRules(restoring: Restoring, group: Group): Promise<Outcome> {
  const unwritten = [...group.left];
  let { isNew } = group;
  let written = 0;
  for (const rules of inCalls(group)) {
    const [{ uid }] = rules;
    const bare = rules.map((rule) => without(rule, "provenance"));
    const write = isNew ? group.asGroup(bare) : group.asRule(bare[0] ?? {});
    const headers = group.headers(rules[0]);
    const outcome = await create(restoring, { ...write, headers, isThere: () => group.isThere(uid) });
    if (outcome.done === "refused")
      unwritten.push(...rules.map((rule) => ({ rule, reason: outcome.reason })));
    else {
      isNew = false;
      written += rules.length;
    }
  }
  return outcomeOf(written, unwritten);
}

type Some<Item> = readonly [Item, ...Item[]];

/** One call when all rules form one group of one provenance; otherwise one per rule. */
function inCalls({ rules, isNew, headers }: Group): Some<Rule>[] {
  const [first, ...others] = rules;
  if (first === undefined) return [];
  const same = others.every((rule) => Bun.deepEquals(headers(rule), headers(first)));
  return isNew && same ? [[first, ...others]] : rules.map((rule): Some<Rule> => [rule]);
}

function outcomeOf(written: number, unwritten: readonly Unwritten[]): Outcome {
  const [first] = unwritten;
  if (first === undefined) return CREATED;
  if (written === 0) return refused(first.reason);
  const problems = unwritten.map(
    ({ rule, reason }): Problem => ({
      kind: "incomplete",
      reason: `Alert rules were left out of a group that was put back: ${reason}`,
      items: [`${asText(rule.title)} (${rule.uid})`],
    }),
  );
  return { done: "created", problems };
}

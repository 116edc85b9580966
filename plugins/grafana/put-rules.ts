/** How the rules of a group are put back, each under the provenance that it had. */
import type { Problem } from "contextcore";
import { asText, type Fields, without } from "./json.ts";
import type { Outcome, Restoring } from "./kind.ts";
import { CREATED, create, refused, type Write } from "./put.ts";

/** A rule as its group's file says it. */
export type Rule = Fields & { readonly uid: string; readonly provenance?: string | undefined };

/** A rule that is not put back, and why. */
export interface Unwritten {
  readonly rule: Rule;
  readonly reason: string;
}

interface Group {
  readonly rules: readonly Rule[];
  /** Not tried at all. */
  readonly left: readonly Unwritten[];
  /** Whether there is none of it yet: then it is written as a group, which alone has an interval. */
  readonly isNew: boolean;
  asGroup(rules: readonly Fields[]): Write;
  asRule(rule: Fields): Write;
  /** What tells the server which provenance a rule gets. */
  headers(rule: Rule): Readonly<Record<string, string>>;
  isThere(uid: string): Promise<boolean>;
}

/**
 * Writes the rules in their order. A call gives all that it writes one provenance, so that rules which differ in it go one by
 * one, the first of them as the group. A refused call stops none of the others.
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

/** All rules in one call where they are one group with one provenance; else each in its own. */
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

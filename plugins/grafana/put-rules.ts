/** Restores the rules of a group, each with its original provenance. */
import { given, type Problem } from "contextcore";
import { asText, type Fields, without } from "./json.ts";
import type { ObjectKind, Outcome, Restoring } from "./kind.ts";
import { ownerOf } from "./kinds/alerting.ts";
import { CREATED, EXISTING, ownedBy, refused, send, standingOf, type Write } from "./put.ts";
import { isUnknownRule } from "./rule-lists.ts";

/** A rule as stored in its group's file. */
type Rule = Fields & { readonly uid: string; readonly provenance?: string | undefined };

/** A rule that was not restored, and why. */
interface Unwritten {
  readonly rule: Rule;
  readonly reason: string;
}

/** A group as stored in its file, and the calls that write it. */
interface Group {
  readonly group: Fields & { readonly rules: readonly Rule[] };
  /** Writes the whole group: rules in it that are not sent are deleted. */
  asGroup(rules: readonly Fields[]): Write;
  asRule(rule: Fields): Write;
  asChange(rule: Fields): Write;
  /** The header that tells the server which provenance a rule gets. */
  headers(rule: Pick<Rule, "provenance">): Readonly<Record<string, string>>;
  isThere(uid: string): Promise<boolean>;
}

/** The rules of a group that the server lacks: all of them, if the group is new. */
interface Missing extends Group {
  readonly rules: readonly Rule[];
  /** Not attempted. */
  readonly left: readonly Unwritten[];
  /** True while no rule of the group exists: it is then written as a group, because only a group has an interval. */
  readonly isNew: boolean;
}

/**
 * Creates a group, or adds the missing rules to one that is otherwise equal. A group that differs is left or replaced as a
 * whole, because later changes in it belong together.
 */
export async function putGroup(restoring: Restoring, kind: ObjectKind, group: Group): Promise<Outcome> {
  const saved = group.group;
  const standing = await standingOf(kind, restoring, saved);
  if (standing.held === undefined) return putMissing(restoring, group, []);
  const { held, what } = standing;
  if (what === undefined) return EXISTING;
  if (kind.lacking?.(saved, held) === undefined) {
    if (!restoring.replaces) return { done: "differs", what };
    return asItIs(restoring, kind, saved, await replaceGroup(restoring, group, what));
  }
  const isOurs = group.group.rules.every((rule) => lockOf(restoring, rule) === undefined);
  // Written one by one, what is missing in the middle would come last.
  if (!isOurs) return putMissing(restoring, group, uidsIn(held));
  return asItIs(restoring, kind, saved, await replaceGroup(restoring, group));
}

/** Grafana 9 keeps the rules of a group in the order in which they were made, however the group is written. */
async function asItIs(
  restoring: Restoring,
  kind: ObjectKind,
  saved: Fields,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.done !== "created") return outcome;
  const now = await standingOf(kind, restoring, saved);
  if (now.held === undefined || now.what === undefined) return outcome;
  const reason = `Grafana does not keep alert rule groups as they were written: ${now.what}.`;
  const problem: Problem = { kind: "incomplete", reason, items: [asText(saved.title)] };
  return { ...outcome, problems: [...(outcome.problems ?? []), problem] };
}

const lockOf = (restoring: Restoring, { provenance }: Rule) => ownedBy(restoring, ownerOf(provenance));

const uidsIn = ({ rules }: Fields): string[] =>
  (Array.isArray(rules) ? rules : []).map((rule: Fields) => asText(rule.uid));

function putMissing(restoring: Restoring, group: Group, there: readonly string[]): Promise<Outcome> {
  const lacking = group.group.rules.filter(({ uid }) => !there.includes(uid));
  const left = lacking.flatMap((rule) => {
    const locked = lockOf(restoring, rule);
    return locked === undefined ? [] : [{ rule, reason: locked.reason }];
  });
  const rules = lacking.filter((rule) => !left.some((one) => one.rule === rule));
  return putRules(restoring, { ...group, rules, left, isNew: there.length === 0 });
}

/**
 * Writes the rules in order. A call gives everything it writes one provenance, so rules with different ones are sent one by
 * one, the first of them as the group. A refused call does not stop the others.
 * @returns created when any rule was, with the others named
 */
async function putRules(restoring: Restoring, group: Missing): Promise<Outcome> {
  const unwritten = [...group.left];
  let { isNew } = group;
  let written = 0;
  for (const rules of inCalls(group)) {
    const [{ uid }] = rules;
    const bare = rules.map((rule) => without(rule, "provenance"));
    const sending = { headers: group.headers(rules[0]), isThere: () => group.isThere(uid) };
    const outcome = isNew
      ? await sendGroup(restoring, group, { ...sending, rules: bare })
      : await send(restoring, { ...group.asRule(bare[0] ?? {}), ...sending });
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
function inCalls({ rules, isNew, headers }: Missing): Some<Rule>[] {
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

/**
 * Replaces the group in one call, so that it is never half old and half new. One call can write only one provenance: if the
 * rules have several, the group is first written as a person's, and then each rule that a tool owns gets its owner back.
 */
async function replaceGroup(restoring: Restoring, group: Group, replaced?: string): Promise<Outcome> {
  const { rules } = group.group;
  const [locked] = rules.flatMap((rule) => lockOf(restoring, rule) ?? []);
  if (locked !== undefined) return locked;
  const [headers = {}, ...others] = uniqueHeaders(group);
  const bare = rules.map((rule) => without(rule, "provenance"));
  const isMixed = others.length > 0;
  const whole = await sendGroup(restoring, group, {
    rules: bare,
    headers: isMixed ? group.headers({ provenance: "" }) : headers,
    isThere: async () => false,
  });
  if (whole.done !== "created") return whole;
  const problems = isMixed ? await giveBack(restoring, group) : [];
  return { done: "created", problems, ...given({ replaced }) };
}

interface WholeGroup {
  readonly rules: readonly Fields[];
  readonly headers: Readonly<Record<string, string>>;
  isThere(): Promise<boolean>;
}

/** Writes a group in one call. Before Grafana 10 a group takes only rules that exist, so there they are created first. */
async function sendGroup(
  restoring: Restoring,
  group: Group,
  { rules, headers, isThere }: WholeGroup,
): Promise<Outcome> {
  const whole = { ...group.asGroup(rules), headers, isThere };
  try {
    return await send(restoring, whole);
  } catch (error) {
    if (!isUnknownRule(error)) throw error;
  }
  for (const rule of rules) {
    const isRuleThere = () => group.isThere(asText(rule.uid));
    if (await isRuleThere()) continue;
    const outcome = await send(restoring, { ...group.asRule(rule), headers, isThere: isRuleThere });
    if (outcome.done === "refused") return outcome;
  }
  return send(restoring, { ...whole, isThere: async () => false });
}

/** The different provenance headers that the group's rules need. */
const uniqueHeaders = ({ group: { rules }, headers }: Group): Readonly<Record<string, string>>[] => [
  ...new Map(rules.map((rule) => [JSON.stringify(headers(rule)), headers(rule)])).values(),
];

async function giveBack(restoring: Restoring, group: Group): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const rule of group.group.rules.filter(({ provenance }) => provenance === "api")) {
    const write = { ...group.asChange(without(rule, "provenance")), headers: group.headers(rule) };
    const outcome = await send(restoring, { ...write, isThere: async () => false });
    if (outcome.done !== "refused") continue;
    const reason = `Alert rules can be edited that belonged to a tool: ${outcome.reason}`;
    problems.push({ kind: "incomplete", reason, items: [`${asText(rule.title)} (${rule.uid})`] });
  }
  return problems;
}

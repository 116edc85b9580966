/** The child process's part of a check: it loads the plugin and runs one rule after the other, as it is asked to. */
import { DeclarationError } from "../../declaration.ts";
import type { LoadedPlugin } from "../../opening.ts";
import { strayText, takeStrays } from "../../trust/stray-modules.ts";
import { type Check, type Outcome, runCheck } from "../check.ts";
import { openSubject, type Subject, type Target } from "../subject.ts";
import type { Question, Served } from "./messages.ts";
import { requireServer } from "./server-fits.ts";

/** A rule, and the side of the plugin that it is about. */
export interface Planned {
  readonly face: Target["face"];
  readonly check: Check<Subject>;
}

export interface RulesPart {
  readonly load: () => Promise<LoadedPlugin>;
  /** Every rule that is asked for, of the sides that the plugin has. */
  readonly rulesOf: (loaded: LoadedPlugin) => readonly Planned[];
  readonly targetOf: (face: Target["face"], loaded: LoadedPlugin, lab: Served | undefined) => Promise<Target>;
  /** A rule may take so long. ms */
  readonly limitMs: number;
}

/** Answers the questions of {@link checkApart}. */
export function rulesPart(part: RulesPart): (question: Question) => Promise<object> {
  let bench: Bench | undefined;
  return async (question) => {
    if (question.ask === "plan") bench = await prepare(part, question.lab);
    if (bench === undefined) throw new Error("the plan comes first");
    if (question.ask !== "rule") return planOf(bench);
    return answerOf(
      await judge(bench, question.index, part.limitMs),
      await redactorOf(bench, question.index),
    );
  };
}

interface Bench {
  readonly loaded: LoadedPlugin;
  readonly rules: readonly Planned[];
  /** Opened once for each side, when its first rule is run. */
  readonly subjectOf: (face: Target["face"]) => Promise<Subject>;
}

async function prepare(part: RulesPart, lab: Served | undefined): Promise<Bench> {
  const loaded = await part.load();
  const subjects = new Map<Target["face"], Promise<Subject>>();
  const open = async (face: Target["face"]) => openSubject(await part.targetOf(face, loaded, lab));
  const subjectOf = (face: Target["face"]): Promise<Subject> => {
    const subject = subjects.get(face) ?? open(face);
    subjects.set(face, subject);
    return subject;
  };
  const rules = part.rulesOf(loaded);
  // Options that do not fit end the whole check.
  for (const face of new Set(rules.map((rule) => rule.face))) await subjectOf(face);
  return { loaded, rules, subjectOf };
}

const planOf = ({ loaded, rules }: Bench) => ({
  plugin: loaded.plugin.name,
  rules: rules.map(({ face, check: { name, why } }) => ({ face, name, why })),
});

/** What the plugin tried to load besides its files is a breach of every rule, also where it caught the refusal. */
async function judge({ rules, subjectOf }: Bench, index: number, limitMs: number): Promise<Outcome> {
  const rule = rules[index];
  if (rule === undefined) throw new Error(`there is no rule ${index}`);
  const subject = await subjectOf(rule.face);
  const outcome = await runCheck(rule.check, subject, limitMs);
  requireServer(subject.target, outcome);
  const [stray] = takeStrays();
  if (stray === undefined) return outcome;
  return { ...outcome, verdict: { kind: "failed", error: new DeclarationError(strayText(stray)) } };
}

async function redactorOf({ rules, subjectOf }: Bench, index: number): Promise<(text: string) => string> {
  const subject = await subjectOf(rules[index]?.face ?? "backend");
  return subject.target.redact ?? ((text) => text);
}

function answerOf({ verdict, ms, overdue = false }: Outcome, redact: (text: string) => string) {
  const said =
    verdict.kind === "failed"
      ? verdict.error.message
      : verdict.kind === "waived"
        ? verdict.reason
        : undefined;
  return { kind: verdict.kind, ms, overdue, ...(said === undefined ? {} : { message: redact(said) }) };
}

/** What is known of the stack once its command has ended with 0: that says nothing of the servers, so they are asked. */
import type { Ending } from "../../audit/format/event.ts";
import { type Server, stillAnswering } from "../../destroy/still-there.ts";
import type { Finding } from "../../inventory/survey.ts";
import { listed } from "../../units/words.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { DestroyCall } from "./call.ts";

export interface Aftermath {
  readonly exit: ExitCode;
  readonly ending: Ending;
  /** What happened to the stack, without a full stop. */
  readonly said: string;
}

/**
 * Asks the servers that answered before the command ran. One that answers still makes the destruction partial: exit code 3.
 * So does an interrupt before that is known: what was done is done.
 * @param findings of before the command
 */
export async function lookAround(
  { signal }: DestroyCall,
  stack: string,
  program: string,
  findings: readonly Finding[],
): Promise<Aftermath> {
  const before = answered(findings);
  const { left, stopped } = await stillAnswering(before, signal);
  if (stopped || (signal.aborted && before.length === 0)) return unasked(program, left);
  if (left.length > 0) return stillThere(program, left);
  const known =
    before.length === 0
      ? "no server answered before it either, so nothing is known of what it removed"
      : `the stack ${stack} is destroyed: no server answers any more that did before (${listed(before.map(({ name }) => name))})`;
  return {
    exit: EXIT.ok,
    ending: { outcome: "success" },
    said: `${program} ended with exit code 0; ${known}`,
  };
}

/** The command ran to its end, and nobody waited for what the servers say. */
function unasked(program: string, left: readonly Server[]): Aftermath {
  const names = left.map(({ name }) => name);
  const verb = left.length === 1 ? "answers" : "answer";
  const unknown =
    names.length === 0
      ? "interrupted, and no server answered before it, so nothing is known of what it removed"
      : `interrupted before it was known whether ${listed(names)} still ${verb}: contextcore inventory asks them`;
  return {
    exit: EXIT.interrupted,
    ending: { outcome: "partial", details: { exit_code: 0, not_asked: names } },
    said: `${program} ended with exit code 0; ${unknown}`,
  };
}

function stillThere(program: string, left: readonly Server[]): Aftermath {
  const names = left.map(({ name }) => name);
  const places = listed([...new Set(left.map(({ url }) => url))]);
  const verb = left.length === 1 ? "still answers" : "still answer";
  return {
    exit: EXIT.partial,
    ending: { outcome: "partial", details: { exit_code: 0, still_answering: names } },
    said: `${program} ended with exit code 0, but ${listed(names)} ${verb} at ${places}: the command did not remove ${left.length === 1 ? "it" : "them"}`,
  };
}

const SILENT: ReadonlySet<Finding["state"]> = new Set(["unreachable", "failed"]);

const answered = (findings: readonly Finding[]): Server[] =>
  findings.flatMap(({ name, state, open }) =>
    open?.url === undefined || SILENT.has(state) ? [] : [{ name, url: open.url }],
  );

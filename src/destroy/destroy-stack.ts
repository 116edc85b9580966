/** Runs the configured command and finds out what became of the stack: exit code 0 says nothing about the servers. */
import type { Ending } from "../audit/format/event.ts";
import type { OnRequest } from "../http/watched.ts";
import type { Surveyed } from "../inventory/survey.ts";
import { type CommandOutcome, type CommandRequest, runCommand } from "../programs/run-command.ts";
import { listed } from "../units/words.ts";
import { type Server, stillAnswering } from "./still-there.ts";

/** What is known about a stack after its command has run. */
export interface Aftermath {
  /**
   * - `gone`: no server answers any more, or none did before either.
   * - `still-there`: one answers all the same.
   * - `not-asked`: the command ended well, and it was interrupted before all had been asked.
   * - `stopped`: the command was told to stop, and nobody knows what it removed.
   * - `failed`: nor where it failed.
   */
  readonly state: "gone" | "still-there" | "not-asked" | "stopped" | "failed";
  readonly ending: Ending;
  /** What happened to the stack, without a full stop. */
  readonly said: string;
  /** How the command failed. */
  readonly failure?: string;
}

/**
 * After the command, asks the servers that answered before it. If one still answers, the destruction is partial; so it is if an
 * interrupt comes before that is known: what was done is done.
 * @param findings from before the command
 * @throws CommandError when the command cannot be started
 */
export async function destroyStack(
  name: string,
  findings: readonly Surveyed[],
  { onRequest, ...request }: CommandRequest & { readonly onRequest?: OnRequest },
): Promise<Aftermath> {
  const { command, signal } = request;
  const [program = ""] = command;
  const outcome = await runCommand(request);
  // Whether or not it was told to stop, it ended by itself.
  if (outcome.exitCode === 0) return lookAround(name, program, findings, { signal, onRequest });
  const details = { exit_code: outcome.exitCode, killed_by: outcome.signal };
  const how = `${program} ${describe(outcome)}`;
  if (!signal.aborted)
    return { state: "failed", ending: { outcome: "failed", details }, said: UNKNOWN, failure: how };
  const said = `${program} was told to stop and ${describe(outcome)}; ${UNKNOWN}`;
  return { state: "stopped", ending: { outcome: "cancelled", details }, said };
}

const UNKNOWN = "what it removed is not known: contextcore inventory shows what is left of the stack";

const describe = ({ exitCode, signal }: CommandOutcome): string =>
  signal === undefined ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;

async function lookAround(
  stack: string,
  program: string,
  findings: readonly Surveyed[],
  { signal, onRequest }: { readonly signal: AbortSignal; readonly onRequest: OnRequest | undefined },
): Promise<Aftermath> {
  const before = answered(findings);
  const { left, stopped } = await stillAnswering(before, signal, onRequest);
  if (stopped || (signal.aborted && before.length === 0)) return unasked(program, left);
  if (left.length > 0) return stillThere(program, left);
  const known =
    before.length === 0
      ? "no server answered before it either, so nothing is known of what it removed"
      : `the stack ${stack} is destroyed: no server answers any more that did before (${listed(before.map(({ name }) => name))})`;
  return {
    state: "gone",
    ending: { outcome: "success" },
    said: `${program} ended with exit code 0; ${known}`,
  };
}

/** The command ended, but nobody waited for the servers' answers. */
function unasked(program: string, left: readonly Server[]): Aftermath {
  const names = left.map(({ name }) => name);
  const verb = left.length === 1 ? "answers" : "answer";
  const unknown =
    names.length === 0
      ? "interrupted, and no server answered before it, so nothing is known of what it removed"
      : `interrupted before it was known whether ${listed(names)} still ${verb}: contextcore inventory asks them`;
  return {
    state: "not-asked",
    ending: { outcome: "partial", details: { exit_code: 0, not_asked: names } },
    said: `${program} ended with exit code 0; ${unknown}`,
  };
}

function stillThere(program: string, left: readonly Server[]): Aftermath {
  const names = left.map(({ name }) => name);
  const places = listed([...new Set(left.map(({ url }) => url))]);
  const verb = left.length === 1 ? "still answers" : "still answer";
  return {
    state: "still-there",
    ending: { outcome: "partial", details: { exit_code: 0, still_answering: names } },
    said: `${program} ended with exit code 0, but ${listed(names)} ${verb} at ${places}: the command did not remove ${left.length === 1 ? "it" : "them"}`,
  };
}

const SILENT: ReadonlySet<Surveyed["state"]> = new Set(["unreachable", "failed"]);

const answered = (findings: readonly Surveyed[]): Server[] =>
  findings.flatMap(({ name, state, open }) =>
    open?.url === undefined || SILENT.has(state) ? [] : [{ name, url: open.url }],
  );

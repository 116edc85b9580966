import { holdsLessThanSaved } from "../../recovery/held.ts";
import type { RecoveryStep } from "../../recovery/runbook.ts";
import { claimsOfBackend } from "../../snapshot/catalog/chain-claims.ts";
import type { RecoveryReport, StepReport } from "../../tasks/recover-course.ts";
import type { RecoveryPlan } from "../../tasks/recover-plan.ts";
import { formatTable, printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatDuration } from "../../units/duration.ts";
import { fromMs, minute } from "../../units/range.ts";
import { shortPath } from "../../units/short-path.ts";
import { countsText } from "../../units/unit-text.ts";
import { listed } from "../../units/words.ts";
import { chainText, tellChosen, tellLacking } from "../chain-text.ts";
import type { Call } from "../command.ts";

/** Which snapshots are taken, what is put back where, and each step; what cannot be put back, with the way to change that. */
export function showRecoveryPlan(plan: RecoveryPlan, terminal: Terminal, out: "print" | "note"): void {
  const { request, targets, steps, resumes, interrupted } = plan;
  const colors = out === "print" ? terminal.colors : terminal.noteColors;
  const say = (...lines: string[]): void =>
    out === "print" ? terminal.tell(...lines) : terminal.note(...lines);
  const table = (rows: readonly (readonly string[])[]): void =>
    terminal[out](
      ...formatTable(rows[0]?.map(() => ({})) ?? [], rows, out === "print" ? terminal.width() : undefined),
    );
  tellChosen(plan.chosen, terminal);
  tellLacking(plan.chosen, terminal);
  say(`${colors.bold("from")} ${request.from ?? "what is kept"}, as of ${minute(request.at)} UTC`);
  table(
    targets.map(({ chain, open }) => [
      `  ${chainText(chain)}`,
      `${countsText(claimsOfBackend(chain).counts)} ${colors.dim("to")} ${open.url ?? open.name}`,
    ]),
  );
  say(colors.bold("steps"));
  table(steps.map((step, index) => [`  ${index + 1}`, `${stepLine(step)}${colors.dim(limitText(step))}`]));
  for (const text of plan.notFound)
    say(`${colors.yellow("not found:")} the program of \`${text}\` is not on the PATH now`);
  for (const line of notHereLines(plan, colors)) say(line);
  if (resumes !== undefined)
    say(`it goes on with the recovery that was begun at ${minute(request.began)} UTC`);
  if (interrupted !== undefined)
    say(
      `${colors.yellow("interrupted:")} a recovery that was begun at ${minute(interrupted.began)} UTC; contextcore recover --resume would go on with it`,
    );
}

const stepLine = ({ kind, text }: Pick<RecoveryStep, "kind" | "text">): string =>
  kind === "run" ? `$ ${text}` : text;

const limitText = (step: RecoveryStep): string =>
  "limitMs" in step ? `  at most ${formatDuration(fromMs(step.limitMs))}` : "";

function notHereLines({ notHere }: RecoveryPlan, colors: Terminal["colors"]): string[] {
  return notHere.flatMap(({ backend, plugin, url, reason }) => [
    `${colors.red("not here:")} ${backend} (${plugin}${url === undefined ? "" : `, was ${url}`}): ${reason}`,
    `  below \`backends\` in contextcore.yaml: ${backend}: { plugin: ${plugin}, … }; contextcore plugin info ${plugin} lists its settings`,
  ]);
}

/** Each step with its time, what each server holds beside what the snapshots had, and the end. */
export function reportRecovery(
  result: RecoveryReport,
  { terminal, directory, json }: Pick<Call, "terminal" | "directory" | "json">,
): void {
  if (!json) {
    printTable(
      { print: terminal.detail, width: terminal.width },
      [{}, { align: "right" }, {}],
      stepRows(result, terminal),
    );
    printTable(
      { print: terminal.detail, width: terminal.width },
      [{}, { align: "right" }, {}, {}],
      heldRows(result, terminal),
    );
  }
  for (const { missing = [] } of result.steps) for (const line of missing) terminal.fault("missing", line);
  for (const { backend, unproven } of result.held)
    for (const reason of unproven) terminal.fault("not proved", `${backend}: ${reason}`);
  if (result.status === "different")
    terminal.note(
      "each thing that is missing or differs, by name: contextcore verify --live, with the same snapshots",
    );
  terminal.last(lastLine(result, shortPath(result.directory, directory)));
}

const STATES = { done: "green", failed: "red", open: "dim" } as const;

const stepRows = ({ steps }: RecoveryReport, { colors }: Terminal): string[][] =>
  steps.map((step) => [
    colors[STATES[step.state]](step.state),
    step.seconds === undefined ? "" : `${step.seconds} s`,
    `${stepLine(step)}${step.status === undefined ? "" : colors.dim(`  ${step.status}`)}`,
  ]);

const VERDICTS = { same: "green", more: "yellow", fewer: "red" } as const;

const heldRows = ({ held }: RecoveryReport, { colors }: Terminal): string[][] =>
  held.flatMap(({ backend, held: rows }) =>
    rows.map(({ unit, saved, server, how, verdict }) => [
      colors.bold(backend),
      `${server.toLocaleString("en")} of ${saved.toLocaleString("en")}`,
      countsText({ [unit]: saved }).replace(/^\S+ /, ""),
      `${colors[VERDICTS[verdict]](verdict)}  ${colors.dim(how)}`,
    ]),
  );

function lastLine({ status, seconds, steps, held }: RecoveryReport, path: string): string {
  const took = formatDuration(fromMs(Math.round(seconds * 1000)));
  const failed = steps.findIndex(({ state }) => state === "failed");
  if (status === "stopped") return `stopped ${stoppedText(steps[failed], failed, steps.length)}`;
  const short = held.filter(holdsLessThanSaved);
  const said = {
    complete: "recovered: the servers hold what the snapshots had",
    partial: "recovered in part: what is missing or not proved is named above",
    different: `recovered with a difference: ${listed(short.map(({ backend }) => backend))} ${short.length === 1 ? "holds" : "hold"} less than the snapshots had`,
  };
  return `${said[status]}; it took ${took}; ${path}`;
}

const stoppedText = (step: StepReport | undefined, index: number, all: number): string =>
  step === undefined
    ? "before its end; contextcore recover --resume goes on"
    : `at step ${index + 1} of ${all}: ${stepLine(step)}: ${step.reason ?? "it failed"}; mend that, then contextcore recover --resume goes on with this step`;

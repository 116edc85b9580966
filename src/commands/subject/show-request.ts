/** A request for erasure, and what became of it. */
import { owedIn, type SubjectRequest } from "../../retention/subjects/requests/request.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { minute } from "../../units/range.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";

/** A line for each outcome. */
export function showRequest(terminal: Terminal, { outcomes }: SubjectRequest): void {
  const { colors } = terminal;
  const paint = { done: colors.green, owed: colors.yellow, impossible: colors.red };
  printTable(
    terminal,
    [{}, {}, {}, { align: "right" }, {}],
    outcomes.map(({ state, source, name, count, unit, reason, due }) => [
      paint[state](state),
      colors.dim(source),
      colors.bold(name),
      count === 0 ? "" : countedUnit(count, unit),
      [reason, due === undefined ? undefined : `due ${minute(due)} UTC`]
        .filter((one) => one !== undefined)
        .join("; "),
    ]),
  );
}

/** What is true of it now, in one line. */
export function requestText(request: SubjectRequest): string {
  const { id, outcomes, deadline, closed } = request;
  const done = outcomes.filter(({ state }) => state === "done").reduce((sum, { count }) => sum + count, 0);
  const impossible = outcomes.filter(({ state }) => state === "impossible").length;
  const owed = owedIn(request).length;
  const parts = [
    `${counted(done, "record")} erased`,
    ...(impossible === 0 ? [] : [`${counted(impossible, "thing")} cannot be erased`]),
    ...(owed === 0
      ? []
      : [`${counted(owed, "thing")} owed until ${minute(deadline)} UTC: contextcore subject retry`]),
  ];
  return `request ${id}${closed === undefined ? "" : ", closed"}: ${parts.join("; ")}`;
}

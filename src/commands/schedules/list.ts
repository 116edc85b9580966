import type { ValueOf } from "../../results/result.ts";
import { SCHEDULES_LIST } from "../../results/schedules.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { minute } from "../../units/range.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

type Listed = ValueOf<typeof SCHEDULES_LIST>["schedules"][number];

export default defineCommand({
  about: "list the schedules, when each runs next, and how it ran last",
  examples: [{ line: "schedules list", about: "the next and the last run of each" }],
  json: [SCHEDULES_LIST],
  async run(call) {
    const config = await configOf(call);
    const { listSchedules } = await import("../../service/schedule/list.ts");
    const schedules = await listSchedules(config);
    if (call.json) printResult(call, SCHEDULES_LIST, { schedules });
    else show(call.terminal, schedules);
    return EXIT.ok;
  },
});

function show(terminal: Terminal, schedules: readonly Listed[]): void {
  const { bold, dim } = terminal.colors;
  if (schedules.length === 0)
    terminal.tell("there are no schedules: `schedules` in the configuration has them");
  printTable(
    terminal,
    [{}, {}, {}, {}, {}],
    schedules.map((one) => [
      bold(one.name),
      one.task,
      dim(`${one.cron} ${one.zone}`),
      nextText(one),
      lastText(terminal, one),
    ]),
  );
}

function nextText({ since, retry, next }: Listed): string {
  if (since !== undefined) return `runs since ${minute(since)} UTC`;
  if (retry !== undefined) return `again ${minute(retry)} UTC`;
  return next === undefined ? "" : `next ${minute(next)} UTC`;
}

function lastText(
  { colors: { green, yellow, red, dim } }: Terminal,
  { lastRun: last, missed, succeeded }: Listed,
): string {
  if (missed !== undefined) return yellow(`missed ${minute(missed)} UTC`);
  if (last === undefined) return dim("has not run yet");
  const text = `${last.outcome} ${minute(last.ended)} UTC`;
  if (last.outcome === "success") return green(text);
  const color = last.outcome === "partial" || last.outcome === "cancelled" ? yellow : red;
  const before = succeeded === undefined ? "never a success" : `last success ${minute(succeeded)} UTC`;
  return `${color(text)}, ${before}${last.message === undefined ? "" : `: ${last.message}`}`;
}

import type { Part } from "../../activity/format/run.ts";
import { runJson, wholeRunJson } from "../../activity/query/json.ts";
import { findRun, type WholeRun } from "../../activity/query/show.ts";
import { ACTIVITY_SHOW } from "../../results/activity.ts";
import { openActivityToRead } from "../../tasks/activity-database.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import type { Json } from "../../units/json.ts";
import { visible } from "../../units/visible.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "show one run as a conversation, with its tool calls",
  args: {
    run: {
      type: "positional",
      hint: "RUN",
      required: true,
      about: "its id, or a beginning that no other has",
    },
  },
  examples: [{ line: "activity show 019f8a3c", about: "what was asked, answered and called" }],
  json: [ACTIVITY_SHOW],
  paged: () => true,
  async run(call) {
    const database = openActivityToRead(await configOf(call));
    const found = findRun(database, call.args.run);
    database.close();
    if (found === undefined)
      throw new UsageError(
        `no run, or more than one, has an id that begins with ${call.args.run}`,
        "contextcore activity list shows ids",
      );
    if (call.json) printResult(call, ACTIVITY_SHOW, wholeRunJson(found));
    else show(found, call.terminal);
    return EXIT.ok;
  },
});

function show(whole: WholeRun, terminal: Terminal): void {
  const { bold, dim } = terminal.colors;
  printTable(
    terminal,
    [{}, {}],
    factsOf(whole).map(([name, value]) => [dim(name), value]),
  );
  for (const { role, parts } of [...whole.input, ...whole.output]) {
    terminal.print("", bold(visible(role)));
    for (const part of parts) terminal.tell(...linesOf(part));
  }
  if (whole.input.length + whole.output.length === 0) terminal.note("what was said was not kept");
  if (whole.toolCalls.length === 0) return;
  terminal.print("", bold("tool calls"));
  for (const call of whole.toolCalls) {
    terminal.tell(`  ${visible(call.name)} ${call.arguments ?? ""}`);
    terminal.tell(
      `    ${call.status === "called" ? dim("no result has come") : (call.result ?? call.status)}`,
    );
  }
}

function factsOf({ run }: WholeRun): (readonly [string, string])[] {
  const { id, status, started, firstChunk, ended, error, ...more } = runJson(run);
  const count = (value: number | undefined): string => (value === undefined ? "unknown" : `${value}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["run", id],
    ["status", error === undefined ? status : `${status}: ${error.class} ${error.text}`],
    ["began", started],
    ["first answer", firstChunk],
    ["ended", ended],
    [
      "model",
      [...new Set([more.modelAsked, more.modelAnswered])].filter((name) => name !== undefined).join(" → "),
    ],
    ["tokens", `${count(more.tokensInput)} in, ${count(more.tokensOutput)} out`],
    ["finish", more.finishReason],
    ["user", more.user],
    ["about", more.entity && `${more.entity.type} ${more.entity.id}`],
    ["conversation", more.conversation],
    ["trace", more.traceId],
    ["redacted", more.redactions === 0 ? undefined : `${more.redactions} secrets`],
    ["left out", more.cutBytes === 0 ? undefined : formatBytes(more.cutBytes)],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, visible(value)] as const],
  );
}

function linesOf(part: Part): string[] {
  if (part.type === "text") return part.text.split("\n").map((line) => `  ${line}`);
  if (part.type === "reasoning") return part.text.split("\n").map((line) => `  (${line})`);
  if (part.type === "uri") return [`  ${part.uri}`];
  if (part.type === "tool_call") return [`  → ${part.name} ${jsonText(part.arguments)}`];
  if (part.type === "tool_call_response") return [`  ← ${jsonText(part.response)}`];
  return [`  [${part.mediaType ?? "bytes"}, ${formatBytes(part.bytes)}]`];
}

const jsonText = (value: Json | undefined): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

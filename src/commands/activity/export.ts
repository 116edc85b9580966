import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { runsAsCsv } from "../../activity/query/csv.ts";
import { runJson, wholeRunJson } from "../../activity/query/json.ts";
import { eachRun, type RunRow } from "../../activity/query/list.ts";
import { findRun } from "../../activity/query/show.ts";
import { writeNamedFile } from "../../storage/named-file.ts";
import { openActivityToRead, RUN_FILTERS, runFilterOf } from "../../tasks/activity-database.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { counted } from "../../units/words.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

const args = {
  ...RUN_FILTERS,
  format: {
    type: "value",
    hint: "FORMAT",
    values: ["jsonl", "csv"],
    about: "jsonl, a run a line, or csv (default: jsonl)",
  },
  said: { type: "flag", about: "with messages and tool calls; only as jsonl" },
  output: {
    type: "value",
    alias: "o",
    hint: "FILE",
    complete: "files",
    about: "where to write (default: stdout)",
  },
} as const;

export default defineCommand({
  about: "write runs for other tools, oldest first",
  args,
  examples: [
    {
      line: "activity export --from 7d --format csv -o runs.csv",
      about: "for a spreadsheet; a leading ' in a cell was added by contextcore",
    },
    { line: "activity export --user ada --said | jq .output", about: "what was answered" },
  ],
  async run(call): Promise<ExitCode> {
    const { output, format, said } = call.args;
    if (said && format === "csv")
      throw new UsageError(
        "--said has no place in a table",
        "leave out --format csv: as jsonl a run is a line, with its messages",
      );
    const database = openActivityToRead(await configOf(call));
    const tally = { runs: 0 };
    const pieces = textOf(database, call, tally);
    try {
      if (output === undefined || output === "-")
        return (await call.terminal.pour(pieces, call.signal)) ? EXIT.ok : EXIT.error;
      await writeNamedFile(resolve(call.directory, output), pieces, call.signal);
    } finally {
      database.close();
    }
    call.terminal.last(`${output}: ${counted(tally.runs, "run")}`);
    return EXIT.ok;
  },
});

function* textOf(
  database: DatabaseSync,
  call: Call<typeof args>,
  tally: { runs: number },
): Generator<string> {
  const runs = counting(eachRun(database, runFilterOf(call.args)), tally);
  if (call.args.format === "csv") yield* runsAsCsv(runs, { isWhole: true });
  else
    for (const run of runs)
      yield `${JSON.stringify(call.args.said ? wholeJson(database, run) : runJson(run))}\n`;
}

function wholeJson(database: DatabaseSync, run: RunRow): object {
  const whole = findRun(database, run.id);
  return whole === undefined ? runJson(run) : wholeRunJson(whole);
}

function* counting(runs: Iterable<RunRow>, tally: { runs: number }): Generator<RunRow> {
  for (const run of runs) {
    tally.runs += 1;
    yield run;
  }
}

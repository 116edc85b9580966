import * as v from "valibot";
import { openDoor, recordRun } from "../../activity/door.ts";
import { type RunInput, runInputSchema } from "../../activity/format/input.ts";
import { ACTIVITY_RECORD } from "../../results/activity.ts";
import { activityPath } from "../../tasks/activity-database.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { counted } from "../../units/words.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

/** Bytes. */
const INPUT_MAX = 64 << 20;

export default defineCommand({
  about: "take in runs that another program has noted, as JSON from standard input",
  examples: [
    { line: "activity record < run.json", about: "one, or several, one a line" },
    { line: "activity record --json < run.json", about: "with the ids that they got" },
  ],
  json: [ACTIVITY_RECORD],
  async run(call) {
    const config = await configOf(call);
    const runs = runsIn(await call.terminal.takeIn(INPUT_MAX, call.signal));
    const onSetAside = (aside: string) =>
      call.terminal.warn(`the log of runs was damaged; it is now ${aside}, and a new one was made`);
    const door = openDoor({ path: activityPath(config), content: config.activity.content, onSetAside });
    const ids = runs.map((run) => recordRun(door, run, "api"));
    await door.close(30_000);
    const { lost, failure } = door.state();
    if (lost > 0) throw new Error(`${counted(lost, "run")} could not be written: ${failure ?? "refused"}`);
    if (call.json) printResult(call, ACTIVITY_RECORD, { ids });
    else call.terminal.last(`${counted(runs.length, "run")} recorded`);
    return EXIT.ok;
  },
});

/** One value, a list of them, or one a line. @throws UsageError naming the first that is wrong */
function runsIn(text: string): RunInput[] {
  const values = parsedAll(text);
  return values.map((value, index) => {
    const result = v.safeParse(runInputSchema, value);
    if (result.success) return result.output;
    const [issue] = result.issues;
    const where = v.getDotPath(issue) ?? "it";
    throw new UsageError(
      `run ${index + 1} of ${values.length}: ${where}: ${issue.message}`,
      "nothing was recorded",
    );
  });
}

function parsedAll(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line, index) => parsedLine(line, index + 1));
  }
}

function parsedLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new UsageError(`line ${number} is not JSON`, "nothing was recorded");
  }
}

import { type SinkSurvey, surveySinks } from "../../../audit/deliver/survey.ts";
import { SINKS_LIST, sinkJson } from "../../../results/sinks.ts";
import { openStackToRead, sinkLimitMs } from "../../../tasks/stack/stack.ts";
import { trailPlaces } from "../../../tasks/stack/trail-places.ts";
import type { Colors } from "../../../terminal/styles.ts";
import { printTable } from "../../../terminal/table.ts";
import { callerOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";

export default defineCommand({
  about: "show each sink's state: events delivered and waiting, and its last failure",
  examples: [{ line: "audit sinks", about: "does everything arrive?" }],
  json: [SINKS_LIST],
  async run(call) {
    const { config, sinks: opened } = await openStackToRead(callerOf(call));
    const limits = new Map(opened.map((sink) => [sink.name, sinkLimitMs(config, sink)]));
    const names = Object.keys(config.sinks).filter((name) => config.sinks[name]?.enabled === true);
    const sinks = surveySinks(trailPlaces(config).file, names);
    if (call.json)
      printResult(call, SINKS_LIST, { sinks: sinks.map((sink) => sinkJson(sink, limits.get(sink.name))) });
    else if (sinks.length === 0)
      call.terminal.note("there are no sinks: name them under `sinks` in the configuration");
    else {
      const rows = sinks.map((sink) => rowOf(sink, limits.get(sink.name), call.terminal.colors));
      printTable(call.terminal, [{}, {}, {}, {}, {}], rows);
    }
    return sinks.some(({ configured, state }) => configured && state?.failure !== undefined)
      ? EXIT.partial
      : EXIT.ok;
  },
});

function rowOf(
  { name, configured, waiting, state }: SinkSurvey,
  limitMs: number | undefined,
  { green, red, dim }: Colors,
): string[] {
  const limit = limitMs === undefined ? "" : `${limitMs / 1000} s`;
  if (state === undefined) return [name, dim("new"), limit, "nothing sent yet", ""];
  const { delivered, rejected, dropped, failure } = state;
  const mood = !configured ? dim("removed") : failure === undefined ? green("well") : red("failing");
  const lost = [rejected > 0 ? `${rejected} refused` : "", dropped > 0 ? `${dropped} dropped` : ""];
  const counts = [`${delivered} delivered`, `${waiting} waiting`, ...lost].filter((text) => text !== "");
  const why = failure === undefined ? "" : `${failure.at.slice(0, 19)}Z ${failure.message}`;
  return [name, mood, limit, counts.join(", "), why];
}

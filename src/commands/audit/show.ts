import { isProven } from "../../audit/format/chain.ts";
import type { AuditEvent } from "../../audit/format/event.ts";
import { type EventPlace, findEvents } from "../../audit/read/find.ts";
import { AUDIT_SHOW } from "../../results/audit.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { paintOutcome } from "./paint.ts";

const args = {
  id: {
    type: "positional",
    hint: "ID",
    required: true,
    complete: "events",
    about: "the event's id or the beginning of it, or its number in the trail",
  },
} as const;

export default defineCommand({
  about: "show everything about one event, and what began or ended it",
  args,
  examples: [
    { line: "audit show 01a1fa8f-bc2c", about: "by the beginning of its id" },
    { line: "audit show 42", about: "by its number" },
  ],
  json: [AUDIT_SHOW],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { file } = trailPlaces(await configOf(call));
    const { match, related } = findOne(file, call.args.id);
    const sound = isProven(match.line);
    const { event, place: where } = match;
    const others = related.map((one) => one.event);
    if (call.json) printResult(call, AUDIT_SHOW, { event, where, sound, related: others });
    else showEvent(call, match, related, sound);
    return sound ? EXIT.ok : EXIT.different;
  },
});

function findOne(file: string, id: string) {
  const { matches, related } = findEvents(file, id);
  const [match] = matches;
  if (match === undefined)
    throw new UsageError(`there is no event ${id}`, "`contextcore audit --long` shows numbers and ids");
  if (matches.length > 1)
    throw new UsageError(`${matches.length} events begin with ${id}`, "give more of the id");
  return { match, related };
}

function showEvent(
  { terminal }: Call,
  match: EventPlace,
  related: readonly EventPlace[],
  sound: boolean,
): void {
  const { colors } = terminal;
  const { event } = match;
  const rows = [
    ["operation", colors.bold(event.operation)],
    ["outcome", paintOutcome(event.outcome, colors)],
    ["time", event.timestamp],
    ["by", `${event.user}@${event.host}`],
    ...(event.via === undefined ? [] : [["via", event.via]]),
    ...(event.request === undefined ? [] : [["request", event.request]]),
    ["project", event.project],
    ...(event.data_affected.length === 0 ? [] : [["affected", event.data_affected.join(", ")]]),
    ...(event.export_path === undefined ? [] : [["export", event.export_path]]),
    ["number", String(event.seq)],
    ["id", event.id],
    ["line", match.place],
    [
      "hash",
      `${event.hash} ${sound ? colors.green("(matches its content)") : colors.red("(DOES NOT MATCH ITS CONTENT)")}`,
    ],
    ["after", event.prev_hash],
  ];
  for (const [name = "", text = ""] of rows) terminal.tell(`${name.padEnd(10)}${text}`);
  if (Object.keys(event.details).length > 0) terminal.print("details");
  for (const line of detailLines(event)) terminal.print(`  ${line}`);
  for (const { event: other } of related) {
    const what = other.id === event.ref ? "began with" : "ended with";
    terminal.tell(`${what} event ${other.seq}: ${other.outcome} at ${other.timestamp} (${other.id})`);
  }
}

const detailLines = ({ details }: AuditEvent): string[] =>
  JSON.stringify(details, null, 2)
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice(2));

import { resolve } from "node:path";
import {
  type AuditExport,
  EXPORT_FORMATS,
  EXPORT_LIMIT,
  EXPORT_LIMIT_MAX,
  exportEvents,
} from "../../audit/export/export.ts";
import { writeWhole } from "../../convert/write-whole.ts";
import { type Call, defineCommand, UsageError } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail, trailPlaces } from "../stack.ts";
import { FILTERS, filterOf, readLimit } from "./filters.ts";
import { pour } from "./pour.ts";

const { affected: target, ...filters } = FILTERS;

const args = {
  format: {
    type: "value",
    values: EXPORT_FORMATS,
    default: "jsonl",
    about: "csv, json, or jsonl: the lines of the trail as they are (default: jsonl)",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "FILE",
    complete: "files",
    about: "the file to write (default: stdout)",
  },
  ...filters,
  target,
  limit: {
    type: "value",
    alias: "n",
    hint: "N",
    parse: readExportLimit,
    about: `the newest so many (default: ${EXPORT_LIMIT}, at most ${EXPORT_LIMIT_MAX})`,
  },
  all: { type: "flag", about: "every event, from the first" },
  full: { type: "flag", about: "with --format json: keep details of more than 1000 characters whole" },
} as const;

type ExportCall = Call<typeof args>;

export default defineCommand({
  about: "write events for other tools; the export is itself recorded",
  args,
  exclusive: [["limit", "all"]],
  examples: [
    {
      line: "audit export --format csv -o audit.csv",
      about: "for a spreadsheet; a leading ' in a cell is ours",
    },
    { line: "audit export --all | sha256sum", about: "every line, as it stands in the trail" },
    {
      line: "audit export --format json --operation destroy --from 2026-01-01",
      about: "this year's destroys",
    },
  ],
  async run(call): Promise<ExitCode> {
    const { config, sinks } = await openStack(call);
    const { target: affected, limit = EXPORT_LIMIT, all, ...given } = call.args;
    const filter = filterOf({ ...given, affected });
    const request: AuditExport = {
      file: trailPlaces(call, config).file,
      format: given.format,
      filter,
      limit: all ? "all" : limit,
      full: given.full,
    };
    const details = {
      format: given.format,
      limit: request.limit,
      filter: { ...filter },
      output: given.output ?? "stdout",
    };
    await using trail = openStackTrail(call, config, sinks);
    return await trail.record(
      { operation: "audit_export", destructive: false, details, signal: call.signal },
      async (did) => {
        const { events, isWhole } = await written(call, request, (count) =>
          did({ ...details, events: count }),
        );
        const told = { ...details, events };
        if (isWhole) return { result: EXIT.ok, ending: { outcome: "success", details: told } };
        const error = "its reader closed the pipe";
        return { result: EXIT.partial, ending: { outcome: "partial", details: { ...told, error } } };
      },
    );
  },
});

interface Written {
  readonly events: number;
  readonly isWhole: boolean;
}

/** @param onStopped told how many events were given away when it fails on the way: a file is written whole or not at all */
async function written(
  { args: given, terminal, directory, signal }: ExportCall,
  request: AuditExport,
  onStopped: (events: number) => void,
): Promise<Written> {
  const { pieces, count, isCut } = exportEvents(request);
  if (given.output === undefined) {
    const isWhole = await pour(pieces, terminal.streams.stdout, signal).catch((error) => {
      if (count() > 0) onStopped(count());
      throw error;
    });
    if (!isWhole) return { events: count(), isWhole };
  } else {
    await writeWhole(resolve(directory, given.output), asynchronous(pieces), signal);
    terminal.note(`${given.output}: ${count()} events`);
  }
  if (isCut()) terminal.warn(`only the newest ${count()} events that fit: --all gives every one`);
  return { events: count(), isWhole: true };
}

async function* asynchronous(pieces: Iterable<string>): AsyncGenerator<string> {
  yield* pieces;
}

function readExportLimit(text: string): number {
  const limit = readLimit(text);
  if (limit <= EXPORT_LIMIT_MAX) return limit;
  throw new UsageError(`${text} is more than ${EXPORT_LIMIT_MAX}`, "--all gives every event");
}

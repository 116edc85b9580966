/** Exports events of the trail for other tools. The export is itself recorded. */
import { resolve } from "node:path";
import {
  type AuditExport,
  EXPORT_FORMATS,
  EXPORT_LIMIT,
  EXPORT_LIMIT_MAX,
  exportEvents,
} from "../audit/export/export.ts";
import { writeNamedFile } from "../storage/named-file.ts";
import { FILTERS, filterOf } from "./audit-filters.ts";
import { readLimit } from "./task/count.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

const params = {
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
    local: true,
    about: "the file to write (default: -, stdout)",
  },
  ...FILTERS,
  limit: {
    type: "value",
    alias: "n",
    hint: "N",
    parse: readExportLimit,
    about: `only the newest N events (default: ${EXPORT_LIMIT}, at most ${EXPORT_LIMIT_MAX})`,
  },
  all: { type: "flag", about: "every event, from the first" },
  full: { type: "flag", about: "with --format json: do not cut details longer than 1000 characters" },
} as const;

interface Plan extends AuditExport {
  /** The output file, absolute. Absent: the result is streamed to the caller. */
  readonly path: string | undefined;
  readonly output: string;
}

const detailsOf = ({ format, limit, filter, output }: Plan) => ({
  format,
  limit,
  filter: { ...filter },
  output,
});

/** What an export of events produced. */
interface Exported {
  readonly events: number;
  /** True when older matching events were left out. */
  readonly isCut: boolean;
  /** False when the reader went away. */
  readonly isWhole: boolean;
}

export const auditExport = defineTask({
  kind: "audit_export",
  about: "write events for other tools; the export is itself recorded",
  params,
  exclusive: [["limit", "all"]],
  destructive: false,
  async plan({ output, ...given }, { directory, trailFile }): Promise<Plan> {
    const { format, full, all, limit = EXPORT_LIMIT } = given;
    return {
      file: trailFile,
      format,
      filter: filterOf(given),
      limit: all ? "all" : limit,
      full,
      path: isStdout(output) ? undefined : resolve(directory, output),
      output: isStdout(output) ? "stdout" : output,
    };
  },
  targets: () => [],
  details: detailsOf,
  async run(plan, running): Promise<Done<Exported>> {
    const result = await written(plan, running);
    const details = { ...detailsOf(plan), events: result.events };
    if (result.isWhole) return { result, ending: { outcome: "success", details } };
    const error = "its reader closed the pipe";
    return { result, ending: { outcome: "partial", details: { ...details, error } } };
  },
});

const isStdout = (output: string | undefined): output is undefined | "-" =>
  output === undefined || output === "-";

/** A file is written whole or not at all. For a stream, the trail records how much of it was read. */
async function written(plan: Plan, { signal, pour, did }: Running): Promise<Exported> {
  const { pieces, count, isCut } = exportEvents(plan);
  let isWhole = true;
  if (plan.path === undefined) {
    isWhole = await pour(pieces).catch((error) => {
      if (count() > 0) did({ ...detailsOf(plan), events: count() });
      throw error;
    });
  } else await writeNamedFile(plan.path, pieces, signal);
  return { events: count(), isCut: isCut(), isWhole };
}

function readExportLimit(text: string): number {
  const limit = readLimit(text);
  if (limit <= EXPORT_LIMIT_MAX) return limit;
  throw new UsageError(`${text} is more than ${EXPORT_LIMIT_MAX}`, "--all gives every event");
}

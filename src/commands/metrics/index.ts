import { join, relative, resolve } from "node:path";
import { METRICS_LIST } from "../../results/metrics.ts";
import { exposed } from "../../service/metrics/exposition.ts";
import { type Measured, measureOnce } from "../../service/metrics/metrics.ts";
import { listSchedules } from "../../service/schedule/list.ts";
import { targetKind } from "../../storage/entries.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  textfile: {
    type: "value",
    hint: "FILE",
    complete: "files",
    about: "write them to this file, whole or not at all, for the textfile collector of node_exporter",
  },
  openmetrics: { type: "flag", about: "in the format OpenMetrics" },
} as const;

export default defineCommand({
  about: "how well the stack is saved, as metrics for Prometheus; asks no server",
  args,
  exclusive: [["openmetrics", "textfile"]],
  examples: [
    { line: "metrics", about: "the same that the service has at /metrics" },
    {
      line: "metrics --textfile /var/lib/node_exporter/contextcore.prom",
      about: "from cron, where there is no service",
    },
  ],
  json: [METRICS_LIST],
  async run(call): Promise<ExitCode> {
    const path = fileOf(call);
    const config = await configOf(call);
    const measured = await measureOnce(config, () => listSchedules(config));
    const file = written(call, path, measured);
    for (const { source, error } of measured.unreadable)
      call.terminal.warn(`nothing is said of what the ${source} would tell: ${error.message}`);
    if (call.json) printResult(call, METRICS_LIST, resultOf(measured, file));
    else if (file === undefined) call.terminal.print(...textOf(call, measured).trimEnd().split("\n"));
    else call.terminal.tell(relative(call.directory, file));
    return measured.unreadable.length > 0 ? EXIT.partial : EXIT.ok;
  },
});

type MetricsCall = Call<typeof args>;

const textOf = ({ args: { openmetrics } }: MetricsCall, { families }: Measured): string =>
  exposed(families, openmetrics ? "openmetrics" : "text");

/** @throws UsageError for a directory: there a file has to be named */
function fileOf({ args: { textfile }, directory }: MetricsCall): string | undefined {
  if (textfile === undefined) return undefined;
  const path = resolve(directory, textfile);
  if (targetKind(path) !== "directory") return path;
  throw new UsageError(
    `${textfile} is a directory`,
    `name the file in it: --textfile ${join(textfile, "contextcore.prom")}`,
  );
}

/** node_exporter is another user, and looks only at names that end so. */
function written(call: MetricsCall, path: string | undefined, measured: Measured): string | undefined {
  if (path === undefined) return undefined;
  if (!path.endsWith(".prom")) call.terminal.warn(`node_exporter reads only files that end in .prom`);
  writeWhole(path, textOf(call, measured), { mode: 0o644, isDurable: false });
  return path;
}

const resultOf = ({ families, unreadable }: Measured, file: string | undefined) => ({
  families: families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      measured: samples.map(({ labels = {}, value }) => ({ labels, value })),
    })),
  unreadable: unreadable.map(({ source, error }) => ({ source, reason: error.message })),
  ...(file === undefined ? {} : { file }),
});

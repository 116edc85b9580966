import { basename } from "node:path";
import * as v from "valibot";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import { subtract, totalLength } from "../../snapshot/format/ranges.ts";
import { backendsIn, coveredRanges, hasTimeline } from "../../snapshot/kept/coverage.ts";
import { type KeptSnapshot, readKept } from "../../snapshot/kept/kept.ts";
import { formatTable } from "../../terminal/table.ts";
import { drawTimeline } from "../../terminal/timeline.ts";
import { formatBytes } from "../../units/bytes.ts";
import { formatDuration } from "../../units/duration.ts";
import { type Range, span } from "../../units/range.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { configOf } from "../stack.ts";

const args = { json: { type: "flag", about: "print one JSON object" } } as const;

const rangeText = v.object({ from: v.string(), to: v.string() });
const listSchema = v.object({
  directory: v.string(),
  snapshots: v.array(
    v.object({
      path: v.string(),
      status: v.string(),
      bytes: v.number(),
      created: v.string(),
      range: rangeText,
      plugins: v.array(v.string()),
    }),
  ),
  unreadable: v.array(v.object({ path: v.string(), reason: v.string() })),
  coverage: v.array(v.object({ backend: v.string(), covered: v.array(rangeText), gaps: v.array(rangeText) })),
});

export default defineCommand({
  about: "the kept snapshots, and which part of each backend's time line they hold",
  args,
  examples: [{ line: "snapshots list", about: "newest last" }],
  json: listSchema,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const { snapshots, unreadable } = await readKept(backups);
    if (call.args.json) call.terminal.printJson(toJson(backups, snapshots, unreadable));
    else show(call, backups, snapshots);
    for (const { path, reason } of unreadable) call.terminal.warn(`${path}: ${reason}`);
    return unreadable.length > 0 ? EXIT.partial : EXIT.ok;
  },
});

interface Coverage {
  readonly backend: string;
  readonly covered: readonly Range[];
  readonly gaps: readonly Range[];
}

/** Of the backends with a time line; what lies before the first saved moment of a backend is no gap. */
function coverageOf(snapshots: readonly KeptSnapshot[]): { whole: Range | undefined; backends: Coverage[] } {
  const timed = new Set(
    snapshots.flatMap(({ manifest }) => manifest.plugins.filter(hasTimeline).map(({ name }) => name)),
  );
  const backends = backendsIn(snapshots)
    .filter((backend) => timed.has(backend))
    .map((backend) => ({ backend, covered: coveredRanges(snapshots, backend) }));
  const [first, ...others] = backends.flatMap(({ covered }) => covered);
  const whole = first === undefined ? undefined : others.reduce(span, first);
  return { whole, backends: backends.map((one) => ({ ...one, gaps: gapsIn(one.covered, whole) })) };
}

function gapsIn(covered: readonly Range[], whole: Range | undefined): Range[] {
  const [first] = covered;
  return whole === undefined || first === undefined
    ? []
    : subtract({ from: first.from, to: whole.to }, covered);
}

function show({ terminal }: Call, backups: string, snapshots: readonly KeptSnapshot[]): void {
  if (snapshots.length === 0) terminal.print(`no snapshots in ${backups}`);
  const { colors } = terminal;
  const paint = { complete: colors.green, partial: colors.yellow, failed: colors.red };
  const rows = snapshots.map(({ path, manifest }) => [
    colors.bold(basename(path)),
    paint[manifest.status](manifest.status),
    formatBytes(manifest.bytes),
    `${minute(manifest.range.from)} to ${minute(manifest.range.to)}`,
    manifest.plugins
      .map(({ name, match }) => (match === undefined ? name : `${name} (only ${match})`))
      .join(" "),
  ]);
  for (const line of formatTable([{}, {}, { align: "right" }, {}, {}], rows)) terminal.print(line);
  const { whole, backends } = coverageOf(snapshots);
  if (whole === undefined || backends.length === 0) return;
  terminal.print("");
  const timelines = backends.map(({ backend, covered, gaps }) => [
    colors.bold(backend),
    colors.cyan(drawTimeline(whole, covered, 48)),
    gaps.length === 0 ? "no gaps" : `${formatDuration(totalLength(gaps))} in no snapshot`,
  ]);
  for (const line of formatTable([{}, {}, {}], timelines)) terminal.print(line);
}

const minute = (text: string): string => text.slice(0, 16).replace("T", " ");

const toJson = (
  directory: string,
  snapshots: readonly KeptSnapshot[],
  unreadable: readonly { readonly path: string; readonly reason: string }[],
): v.InferOutput<typeof listSchema> => ({
  directory,
  snapshots: snapshots.map(({ path, manifest }) => ({
    path,
    status: manifest.status,
    bytes: manifest.bytes,
    created: manifest.created,
    range: manifest.range,
    plugins: manifest.plugins.map(({ name }) => name),
  })),
  unreadable: [...unreadable],
  coverage: coverageOf(snapshots).backends.map(({ backend, covered, gaps }) => ({
    backend,
    covered: covered.map(rangeToText),
    gaps: gaps.map(rangeToText),
  })),
});

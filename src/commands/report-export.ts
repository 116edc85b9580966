import { basename } from "node:path";
import { bytesOf } from "../results/export.ts";
import type { Manifest, ManifestPlugin, ManifestProblem } from "../snapshot/format/manifest.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import { hasFoundNothing, vainReason } from "../snapshot/format/vain-selection.ts";
import type { Exported } from "../tasks/copy-exported.ts";
import type { Colors } from "../terminal/styles.ts";
import { printTable } from "../terminal/table.ts";
import { formatBytes } from "../units/bytes.ts";
import { shortPath } from "../units/short-path.ts";
import { countedUnit, countsToTell } from "../units/unit-text.ts";
import type { Call } from "./command.ts";

/**
 * Prints the snapshot as a table on stdout, then on stderr what is missing and why.
 * @param inFull each thing that an API never gives, which is the same after every export; default: how many there are
 */
export function reportExport(
  { path, manifest }: Pick<Exported, "path" | "manifest">,
  { terminal, directory }: Pick<Call, "terminal" | "directory">,
  inFull = false,
): void {
  const { colors, detail, width } = terminal;
  const rows = manifest.plugins.map((plugin) => [
    colors.bold(plugin.name),
    formatBytes(bytesOf(plugin)),
    paintStatus(plugin.status, colors),
    largestCounts(plugin),
  ]);
  const columns = [{ width: 10, gap: 0 }, { align: "right", width: 11 }, { width: 8 }, {}] as const;
  printTable({ print: detail, width }, columns, rows);
  terminal.tell(
    path === undefined
      ? "nothing was exported, so no snapshot was made"
      : `${shortPath(path, directory)}  ${paintStatus(manifest.status, colors)}  ${formatBytes(manifest.bytes)}`,
  );
  const standing = inFull ? [] : standingNotes(manifest);
  for (const { name, problems } of standing)
    terminal.note(
      `note: ${name}: ${standingText(problems)}: contextcore snapshots show ${basename(path ?? "")}`,
    );
  for (const { plugin, problem } of problemsOf(manifest, isTold))
    if (!standing.some(({ problems }) => problems.includes(problem)))
      terminal.note(`note: ${plugin}: ${describeProblem(problem)}`);
  for (const line of missingText(manifest)) terminal.fault("missing", line);
}

/** One line for each requested thing that the snapshot lacks. */
const missingText = (manifest: Manifest): string[] => [
  ...problemsOf(manifest, isLoss)
    .filter(({ problem }) => !isVain(problem, manifest))
    .map(({ plugin, problem }) => `${plugin}: ${describeProblem(problem)}`),
  ...vainSelections(manifest).map(({ name, match = "" }) => `${name}: ${vainReason(match)}`),
];

/** Version 0.1.1 and older called such a snapshot complete. */
const vainSelections = ({ plugins }: Manifest): ManifestPlugin[] =>
  plugins.filter((one) => one.status !== "failed" && one.match !== undefined && hasFoundNothing(one));

const isVain = ({ reason }: ManifestProblem, manifest: Manifest): boolean =>
  vainSelections(manifest).some(({ match = "" }) => reason === vainReason(match));

/** By backend, if there are several: what its API never gives, whatever the time. */
const standingNotes = ({ plugins }: Manifest): Pick<ManifestPlugin, "name" | "problems">[] =>
  plugins
    .map(({ name, problems }) => ({
      name,
      problems: problems
        .filter(({ kind, ranges }) => kind === "not-contained" && ranges.length === 0)
        .sort((a, b) => a.reason.localeCompare(b.reason)),
    }))
    .filter(({ problems }) => problems.length > 1);

/** `4 things that its API never gives are not in it, such as secrets of contact points`. */
function standingText(problems: readonly ManifestProblem[]): string {
  const named = problems
    .map(({ reason }) => /^([^:.]+): /.exec(reason)?.[1])
    .find((one) => one !== undefined);
  const such = named === undefined ? "" : `, such as ${named.charAt(0).toLowerCase()}${named.slice(1)}`;
  return `${problems.length} things that its API never gives are not in it${such}`;
}

const isTold = ({ kind }: ManifestProblem): boolean => kind === "lossy" || kind === "not-contained";

const problemsOf = (manifest: Manifest, isWanted: (problem: ManifestProblem) => boolean) =>
  manifest.plugins.flatMap(({ name, problems }) =>
    problems
      .filter(isWanted)
      .sort((a, b) => a.reason.localeCompare(b.reason))
      .map((problem) => ({ plugin: name, problem })),
  );

/** `incomplete: the search never completed (2026-01-24T14:30:00Z to 2026-01-24T14:31:00Z, and 2 more ranges)`. */
function describeProblem({ kind, reason, ranges, items, itemsTotal }: ManifestProblem): string {
  const [range] = ranges;
  const spans =
    range === undefined ? [] : [`${range.from} to ${range.to}${andMore(ranges.length - 1, "range")}`];
  const shown = items.slice(0, 3);
  const names = shown.length === 0 ? [] : [`${shown.join(", ")}${andMore(itemsTotal - shown.length, "")}`];
  const where = [...spans, ...names].join("; ");
  return `${kind}: ${reason}${where === "" ? "" : ` (${where})`}`;
}

const andMore = (count: number, unit: string): string =>
  count <= 0 ? "" : ` and ${count} more${unit === "" ? "" : ` ${unit}${count === 1 ? "" : "s"}`}`;

const COUNTS_SHOWN = 4;

/** The largest counts: `1,456 entries`, `42 annotations, 11 dashboards, 7 folders, 4 data-sources and 3 more kinds`. */
export function largestCounts({ counts }: Pick<ManifestPlugin, "counts">): string {
  const sorted = countsToTell(counts);
  const shown = sorted.slice(0, COUNTS_SHOWN).map(([unit, count]) => countedUnit(count, unit));
  return `${shown.join(", ")}${andMore(sorted.length - shown.length, "kind")}`;
}

function paintStatus(status: Manifest["status"], { green, yellow, red }: Colors): string {
  const painters = { complete: green, partial: yellow, failed: red };
  return painters[status](status);
}

/** Makes the manifest's claims from the outcomes of an export. Pure. */
import type { Counts, Inventory, Limit } from "../contract/contract.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type {
  Manifest,
  ManifestPlugin,
  ManifestProblem,
  ManifestWindow,
  Status,
} from "../snapshot/format/manifest.ts";
import { FORMAT, overallStatus } from "../snapshot/format/manifest.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import { rangeFromText, rangeToText } from "../snapshot/format/range-text.ts";
import { hasFoundNothing, vainReason } from "../snapshot/format/vain-selection.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import { fileClaims, type WrittenFile } from "../snapshot/write/stored-files.ts";
import type { WrittenFiles } from "../snapshot/write/writer.ts";
import { given } from "../units/given.ts";
import { NS_PER_SECOND, type Range, span, toRfc3339 } from "../units/range.ts";
import { countedUnit, countsToTell } from "../units/unit-text.ts";
import { counted } from "../units/words.ts";
import type { BackendOutcome } from "./backend-run.ts";

const NOT_OPENED = "it was not opened when the export was resumed";

/** Everything in the manifest except its own hash. */
export function buildManifest(
  request: SnapshotRequest,
  outcomes: readonly BackendOutcome[],
  written: WrittenFiles,
  finished: bigint,
): Omit<Manifest, "sha256"> {
  const plugins = request.plugins.map((asked) => {
    const outcome = outcomes.find((one) => one.open.name === asked.name);
    const files = written.files.filter((file) => file.plugin === asked.name);
    const reason = request.failures.find((one) => one.name === asked.name)?.reason ?? NOT_OPENED;
    return outcome === undefined
      ? absentClaims(asked.name, reason, asked, files)
      : pluginClaims(asked, outcome, files);
  });
  const isAsked = (name: string): boolean => request.plugins.some((asked) => asked.name === name);
  const failed = request.failures
    .filter(({ name }) => !isAsked(name))
    .map(({ name, reason }) => absentClaims(name, reason));
  const all = [...plugins, ...failed];
  return {
    format: FORMAT,
    tool: request.tool,
    created: request.created,
    finished: toRfc3339(finished),
    host: request.host,
    user: request.user,
    resumed: request.resumed,
    range: rangeToText(wholeRange(request)),
    status: overallStatus(all.map((one) => one.status)),
    bytes: written.files.reduce((sum, file) => sum + file.bytes, 0),
    ...given({ compression: request.compression }),
    plugins: all,
    index: { path: "blocks.jsonl", ...written.index },
  };
}

function wholeRange({ plugins, created }: SnapshotRequest): Range {
  const ranges = plugins.map(({ range }) => rangeFromText(range));
  const [first, ...rest] = ranges;
  return first === undefined ? rangeFromText({ from: created, to: created }) : rest.reduce(span, first);
}

function pluginClaims(asked: Asked, outcome: BackendOutcome, files: readonly WrittenFile[]): ManifestPlugin {
  const { open, ledger, inventory, limits, reconciliation } = outcome;
  const { request, exportedUntil } = ledger;
  const uncounted = reconciliation?.uncounted;
  const problems = [...ledger.problems.list(), ...vainSelection(outcome, files)];
  const twice = readTwice(reconciliation?.windows ?? [], ledger.windows.added());
  return {
    name: open.name,
    ...instanceClaims(asked),
    ...given({ version: open.plugin.version }),
    status: statusOf(outcome, files, problems),
    ...inventoryClaims(inventory),
    ...given({ class: open.class, url: open.url, match: request.match }),
    ...sourceClaims(asked),
    range: rangeToText(request.range),
    ...(exportedUntil === undefined ? {} : { exportedUntil: toRfc3339(exportedUntil) }),
    limits: limits.map(limitClaims),
    notes: {
      ...ledger.notes,
      ...given({ "read twice": twice }),
      ...(uncounted === undefined ? {} : { uncounted: `not all windows could be counted: ${uncounted}` }),
    },
    counts: sumCounts(files),
    ...given({ agrees: reconciliation?.agrees }),
    windows: [...(reconciliation?.windows ?? [])],
    problems,
    files: files.map(fileClaims),
    durationMs: outcome.durationMs,
  };
}

type Asked = SnapshotRequest["plugins"][number];

const instanceClaims = ({ plugin }: Asked) => given({ plugin });

/** The source of the data, and the snapshot that it continues. */
const sourceClaims = ({ tenant, parent }: Asked) => ({
  ...given({ tenant, parent }),
});

function readTwice(windows: readonly ManifestWindow[], added: Counts | undefined): string | undefined {
  if (added === undefined) return undefined;
  const twice = windows.filter(({ firstRead }) => firstRead !== undefined).length;
  const told = countsToTell(added).filter(([, count]) => count > 0);
  const more =
    told.length === 0 ? "nothing" : told.map(([unit, count]) => countedUnit(count, unit)).join(", ");
  return `${counted(twice, "window")}, where the server counted more than was read; that added ${more}`;
}

/** What an earlier run read counts, even if this run could not ask the backend. */
function statusOf(
  { failed, ledger }: BackendOutcome,
  files: readonly WrittenFile[],
  problems: readonly ManifestProblem[],
): Status {
  if (failed) return files.length === 0 ? "failed" : "partial";
  return ledger.problems.hasLoss() || problems.some(isLoss) ? "partial" : "complete";
}

/** The problem of a selector that found nothing, unless another problem explains why. */
function vainSelection(
  { failed, ledger, inventory }: BackendOutcome,
  files: readonly WrittenFile[],
): ManifestProblem[] {
  const { match, range } = ledger.request;
  if (match === undefined || failed || ledger.problems.hasLoss()) return [];
  if (!hasFoundNothing({ ...inventoryClaims(inventory), files: files.map(fileClaims) })) return [];
  const reason = vainReason(match);
  return [{ kind: "incomplete", reason, ranges: [rangeToText(range)], items: [], itemsTotal: 0 }];
}

/** A requested backend that never answered. */
function absentClaims(
  name: string,
  reason: string,
  asked?: Asked,
  files: readonly WrittenFile[] = [],
): ManifestPlugin {
  const ranges = asked === undefined ? [] : [asked.range];
  return {
    name,
    ...(asked === undefined ? {} : instanceClaims(asked)),
    status: files.length === 0 ? "failed" : "partial",
    ...(asked === undefined ? {} : { ...sourceClaims(asked), range: asked.range }),
    limits: [],
    notes: {},
    counts: sumCounts(files),
    windows: [],
    problems: [{ kind: "failed", reason, ranges, items: [], itemsTotal: 0 }],
    files: files.map(fileClaims),
    durationMs: 0,
  };
}

function inventoryClaims(inventory: Inventory | undefined) {
  if (inventory === undefined) return {};
  const { signals, importance, serverVersion, retention } = inventory;
  return {
    signals: [...signals],
    ...given({ importance, serverVersion }),
    ...(retention === undefined
      ? {}
      : { retentionSeconds: retention === "unlimited" ? retention : Number(retention / NS_PER_SECOND) }),
  };
}

const limitClaims = ({ setting, value, effect, clamps }: Limit) => ({
  setting,
  value,
  ...given({ effect, clamps }),
});

function sumCounts(files: readonly WrittenFile[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const file of files) addCounts(counts, file.counts);
  return counts;
}

/** Decides what to read from each backend, and which requested backends cannot be read. */
import type { ExportRequest, Signal } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { holdsOneOf, type Reached, type Surveyed } from "../inventory/survey.ts";
import type { Parent } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { readRequest, type SnapshotRequest } from "../snapshot/write/request.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import type { ExportJob } from "./types.ts";

/** What will be exported, and what cannot be. */
export interface ExportPlan {
  readonly parts: readonly PlannedExport[];
  /** Requested backends that did not answer. */
  readonly failures: ExportJob["failures"];
}

interface PlannedExport {
  readonly finding: Reached;
  readonly open: OpenBackend;
  readonly request: ExportRequest;
  readonly parent?: Parent | null;
  /** Why it did not say what it holds. */
  readonly unlisted?: string;
}

/** Which part of a backend's time line to read, and which snapshot that continues: see `ExportJob`. */
interface Span {
  readonly range: Range;
  readonly parent?: Parent | null;
}

/** Which signals to read, which part of each backend's time line, and selectors by the backend's name. */
export interface PlanOptions {
  readonly signals: ReadonlySet<Signal>;
  readonly spanFor: (finding: Reached) => Span;
  readonly matches: ReadonlyMap<string, string>;
}

/** A request for each backend that answered and holds a requested signal. */
export function planExport(findings: readonly Surveyed[], options: PlanOptions): ExportPlan {
  const readable = findings.map((finding) => ({ finding, found: readableOf(finding) }));
  return {
    parts: readable.flatMap(({ finding, found }) =>
      found === undefined ? [] : partOf(found, whyUnlisted(finding), options),
    ),
    failures: readable.flatMap(({ finding, found }) =>
      found !== undefined || finding.state === "reached"
        ? []
        : [{ name: finding.name, reason: finding.error.message }],
    ),
  };
}

/** The conditions of a backend that answers, and may be read though it fails to say what it holds. */
const MAY_BE_READ: ReadonlySet<Surveyed["state"]> = new Set(["failing", "unexpected", "failed"]);

function readableOf(finding: Surveyed): Reached | undefined {
  if (finding.state === "reached") return finding;
  const { name, open, size } = finding;
  if (open === undefined || !MAY_BE_READ.has(finding.state)) return undefined;
  const inventory = { signals: open.plugin.signals ?? [] };
  return { state: "reached", name, open, inventory, ...given({ size }) };
}

const whyUnlisted = (finding: Surveyed): string | undefined =>
  finding.state === "reached" ? undefined : finding.error.message;

function partOf(
  finding: Reached,
  unlisted: string | undefined,
  { signals, spanFor, matches }: PlanOptions,
): PlannedExport[] {
  const { open, inventory } = finding;
  if (!holdsOneOf(unlisted === undefined ? inventory.signals : open.plugin.signals, signals)) return [];
  const match = matches.get(finding.name);
  const { range, parent } = spanFor(finding);
  const request = { range, ...given({ match }) };
  // An export with a selector continues nothing, because it does not cover its time; nor does one that may not be whole.
  const isApart = parent === undefined || match !== undefined || unlisted !== undefined;
  return [{ finding, open, request, ...(isApart ? {} : { parent }), ...given({ unlisted }) }];
}

/** The remaining work of an interrupted export. */
interface ResumePlan extends Pick<ExportJob, "backends" | "failures"> {
  /** All that it was asked about. */
  readonly names: readonly string[];
}

/** The same questions as before, to the present backends. @param partial the directory that it left */
export const planResume = async (partial: string, backends: readonly OpenBackend[]): Promise<ResumePlan> =>
  planRest(await requestIn(partial), backends);

/** The same, of what it was asked for. */
export function planRest(
  { plugins, failures }: Pick<SnapshotRequest, "plugins" | "failures">,
  backends: readonly OpenBackend[],
): ResumePlan {
  const known = new Map(backends.map((open) => [open.name, open]));
  const gone = plugins.filter(({ name }) => !known.has(name));
  return {
    names: plugins.map(({ name }) => name),
    backends: plugins.flatMap(({ name, range }) => {
      const open = known.get(name);
      return open === undefined ? [] : [{ open, request: { range: rangeFromText(range) } }];
    }),
    failures: [...failures, ...gone.map(({ name }) => ({ name, reason: "it is no longer configured" }))],
  };
}

/** The interrupted export's request; nothing if only the final renaming is left. */
async function requestIn(partial: string): Promise<Pick<SnapshotRequest, "plugins" | "failures">> {
  return readRequest(partial).catch(() => ({ plugins: [], failures: [] }));
}

import type { ExportRequest, Signal } from "../../contract/contract.ts";
import type { OpenBackend } from "../../host/open.ts";
import type { Finding, Reached } from "../../inventory/survey.ts";
import type { Parent } from "../../snapshot/format/manifest.ts";
import type { Range } from "../../units/range.ts";
import type { Call } from "../command.ts";
import { askBackends } from "../inventory/ask.ts";
import type { Stack } from "../stack.ts";

/** How long each backend may take to say what it holds: a busy one answers late, and an export can wait. ms */
const SURVEY_MS = 300_000;

/** What will be exported, and what cannot be. */
export interface ExportPlan {
  readonly parts: readonly Part[];
  /** Backends that were wanted and did not answer. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

export interface Part {
  readonly finding: Reached;
  readonly open: OpenBackend;
  readonly request: ExportRequest;
  readonly parent?: Parent | null;
}

/** Which part of a backend's time line is read, and which snapshot that continues: see `ExportJob`. */
export interface Span {
  readonly range: Range;
  readonly parent?: Parent | null;
}

export interface PlanOptions {
  readonly signals: ReadonlySet<Signal>;
  readonly spanFor: (finding: Reached) => Span;
  readonly matches?: ReadonlyMap<string, string>;
}

/** Asks the backends that hold one of the wanted signals what they hold, and makes a request for each. */
export async function planExport(call: Call, stack: Stack, options: PlanOptions): Promise<ExportPlan> {
  const { signals } = options;
  const backends = stack.backends.filter(({ plugin }) => holdsOneOf(plugin.signals, signals));
  const findings = await askBackends(call, { ...stack, backends }, SURVEY_MS);
  const parts = findings.flatMap((finding) => partOf(finding, options));
  const failures = findings.flatMap((finding) =>
    finding.state === "reached" ? [] : [{ name: finding.name, reason: finding.error.message }],
  );
  return { parts, failures };
}

/** Whether a backend holds one of the wanted signals; one that does not say may. */
export const holdsOneOf = (held: readonly Signal[] | undefined, wanted: ReadonlySet<Signal>): boolean =>
  held === undefined || held.some((one) => wanted.has(one));

function partOf(finding: Finding, { signals, spanFor, matches }: PlanOptions): Part[] {
  if (finding.state !== "reached" || !holdsOneOf(finding.inventory.signals, signals)) return [];
  const match = matches?.get(finding.name);
  const { range, parent } = spanFor(finding);
  const request = { range, ...(match === undefined ? {} : { match }) };
  // What a selector restricts continues nothing: it does not hold its time.
  const continued = parent === undefined || match !== undefined ? {} : { parent };
  return [{ finding, open: finding.open, request, ...continued }];
}

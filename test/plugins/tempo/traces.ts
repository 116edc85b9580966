/** Traces of these tests, and what an export has of them. */
import type { Harvest } from "../../../src/conformance/walk.ts";
import type { Span } from "../../lab/tempo/model.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { HOUR, MINUTE, NOW, type Stage, traceOf } from "./support.ts";

export const RANGE = { from: NOW - 6n * HOUR, to: NOW - 2n * MINUTE };

export const put = (
  { face }: Pick<Stage, "face">,
  id: string,
  spans: readonly Span[],
  service = "shop",
): void => face.add([storedTrace(id.padStart(32, "0"), traceOf(service, spans))]);

/** The trace ids of the lines, in order of time. */
export const ids = (found: Harvest): string[] =>
  (found.lines.get("traces.json") ?? [])
    .map((line) => /"traceId":"0*([0-9a-f]+)"/.exec(line)?.[1] ?? "")
    .sort();

export const reasons = ({ problems }: Harvest) =>
  problems.map(({ kind, reason, items = [] }) => ({ kind, reason, items }));

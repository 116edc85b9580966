/** What Loki cannot answer as a whole, in parts: by stream first, since usually only one is the problem, then by time. */
import { halves, type Range } from "contextcore";
import type { Api } from "../server/api.ts";
import { type Labels, printSelector } from "../server/selector.ts";
import { partition } from "./partition.ts";

/** The lines that a selector gives in a range. */
export interface Lines extends Range {
  readonly selector: string;
}

/** The parts of some lines, and what these are called. */
interface Divided {
  /** Two or more, or none: the lines of one stream in one nanosecond. */
  readonly parts: readonly Lines[];
  readonly item: string;
}

/** @throws PluginError the server's error when it is asked for the streams */
export async function divide(api: Api, { selector, from, to }: Lines, signal: AbortSignal): Promise<Divided> {
  const streams = await api.series([selector], { from, to }, signal);
  const loads = streams.map((labels) => ({ labels, entries: 1 }));
  const selectors = partition(selector, loads, Math.ceil(streams.length / 2));
  const parts =
    selectors.length > 1
      ? selectors.map((one) => ({ from, to, selector: one }))
      : (halves({ from, to }) ?? []).map((range) => ({ ...range, selector }));
  return { parts, item: `lines of ${nameOf(selector, streams)}` };
}

/** The stream, where it is one; else how it is selected. */
function nameOf(selector: string, [first, second]: readonly Labels[]): string {
  if (first === undefined || second !== undefined) return selector;
  return printSelector(Object.entries(first).map(([name, value]) => ({ name, operator: "=", value })));
}

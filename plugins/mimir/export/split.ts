/** What a step that the server cannot answer is made of: its metrics first, then a metric's series, then their time. */
import { type Cursor, halves, NS_PER_SECOND, type Split } from "contextcore";
import { firstHalf, type Labels, nameOf, partsByLabel, seriesOf, valuesOf } from "../series-parts.ts";
import type { Server } from "../server/server.ts";
import { lengthOf, NAMES_LENGTH_MAX } from "../wire/matchers.ts";
import { readCursor, toCursor, type Work, type WorkOf, windowOf } from "./cursors.ts";
import { halvedNames, matchersOfRead } from "./read.ts";
import { partsOf } from "./windows.ts";

/** Ends at the samples of one series in one second. @throws what the server says when its series are asked for */
export async function split(server: Server, cursor: Cursor, signal: AbortSignal): Promise<Split> {
  const work = readCursor(cursor);
  switch (work.step) {
    case "span":
      return { cursors: partsOf(windowOf(work)), items: ["whether there are samples"] };
    case "hour":
      return splitRead(server, asRead(work), signal);
    case "groups":
      return inTime(asRead(work), "the list of metrics");
    case "read":
      return splitRead(server, work, signal);
    case "exemplars":
      return inTime(work, "exemplars");
    case "metadata":
      return { items: ["descriptions of metrics"] };
    case "rules":
      return { items: ["rules"] };
    case "alertmanager":
      return { items: ["the Alertmanager's configuration"] };
  }
}

/** The same without a list of metrics: all but none of them. */
const asRead = (work: WorkOf<"hour"> | WorkOf<"groups">): WorkOf<"read"> => ({
  ...{ step: "read", ...windowOf(work), hourFrom: work.from, hourTo: work.to, except: [] },
  ...("after" in work ? { after: work.after } : {}),
});

async function splitRead(server: Server, work: WorkOf<"read">, signal: AbortSignal): Promise<Split> {
  const matchers = matchersOfRead(work);
  const series = await seriesOf(server, matchers, work, signal);
  const parts = byMetric(work, series) ?? byLabel(work, series);
  const item = `samples of ${nameOf(matchers, series)}`;
  return parts === undefined ? inTime(work, item) : { cursors: parts.map(toCursor), items: [item] };
}

/** Some metrics, and all but these; `undefined` when it is one metric already. */
function byMetric(work: WorkOf<"read">, series: readonly Labels[]): readonly Work[] | undefined {
  const { names, except = [] } = work;
  const halved = halvedNames(work);
  if (halved !== undefined) return halved;
  const some = firstHalf(valuesOf(series, "__name__"));
  if (names !== undefined || some.length === 0) return undefined;
  if (lengthOf([...except, ...some]) > NAMES_LENGTH_MAX) return undefined;
  return [
    { ...work, names: some, except: undefined },
    { ...work, except: [...except, ...some] },
  ];
}

function byLabel(work: WorkOf<"read">, series: readonly Labels[]): readonly Work[] | undefined {
  const { within = [] } = work;
  return partsByLabel(series)?.map((part) => ({ ...work, within: [...within, part] }));
}

function inTime(work: WorkOf<"read"> | WorkOf<"exemplars">, item: string): Split {
  const [earlier, later] = halves({ from: work.from, to: work.to }, NS_PER_SECOND) ?? [];
  if (earlier === undefined || later === undefined) return { items: [item] };
  const rest = work.step === "read" ? { first: undefined } : {};
  const parts = [
    { ...work, ...earlier },
    { ...work, ...later, ...rest },
  ];
  return { cursors: parts.map(toCursor), items: [item] };
}

import { compareBytes, metricName, readLabels } from "../line/labels.ts";
import { shorter } from "../shorter.ts";
import { type Work, type WorkOf, windowOf } from "./cursors.ts";

/**
 * What is left after the series at which a step stopped. Series come in the order of their labels, and `__name__` comes
 * before all names in lower case: once a series that begins with its name has come, all metrics of smaller names are done.
 * @param read how many series one step could hold
 */
export function behind(work: WorkOf<"read">, stopped: Uint8Array, read: number): readonly Work[] {
  const after = Buffer.from(stopped).toString("base64");
  const { labels } = readLabels(stopped);
  if (labels[0]?.[0] !== "__name__" || work.except !== undefined) return [{ ...work, after }];
  const { names } = work;
  if (names === undefined) return [{ step: "groups", ...windowOf(work), after, series: read }];
  const name = metricName(labels);
  const later = names.filter((other) => compareBytes(other, name) > 0);
  const rest = { ...work, names: [name], after };
  return later.length === 0 ? [rest] : [rest, { ...work, names: later, after: undefined }];
}

/** What the server will not give at once, in smaller pieces; `undefined` when it cannot be split any further. */
export function smaller(work: WorkOf<"read">): readonly Work[] | undefined {
  const { names } = work;
  if (names === undefined && work.except === undefined) {
    return [{ step: "groups", ...windowOf(work), after: work.after }];
  }
  if (names !== undefined && names.length > 1) {
    const middle = names.length >> 1;
    return [
      { ...work, names: names.slice(0, middle) },
      { ...work, names: names.slice(middle) },
    ];
  }
  const [earlier, later] = shorter(work) ?? [];
  if (earlier === undefined || later === undefined) return undefined;
  return [
    { ...work, ...earlier },
    { ...work, ...later, first: undefined },
  ];
}

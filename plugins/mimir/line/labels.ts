import { objectOf, ProtobufReader, type ProtobufWriter, v } from "contextcore";

/** Name and value of each label, in the order in which the server has them. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Labels by name, as the API has them. */
export const labelSet = objectOf(v.string());

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads the messages `Label {1 name, 2 value}` that stand one after another, each under field 1. */
export function readLabels(bytes: Uint8Array): { readonly labels: Labels; readonly exact: boolean } {
  try {
    return { labels: readPairs(bytes, strict), exact: true };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { labels: readPairs(bytes, loose), exact: false };
  }
}

function readPairs(bytes: Uint8Array, decoder: TextDecoder): [string, string][] {
  const pairs: [string, string][] = [];
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    const pair: [string, string] = ["", ""];
    const label = reader.message();
    while (label.next()) {
      if (label.field === 1) pair[0] = decoder.decode(label.slice());
      else if (label.field === 2) pair[1] = decoder.decode(label.slice());
      else label.skip();
    }
    pairs.push(pair);
  }
  return pairs;
}

/** Writes the messages that {@link readLabels} reads. */
export function writeLabels<Writer extends ProtobufWriter>(writer: Writer, labels: Labels): Writer {
  for (const [name, value] of labels) {
    writer.message(1, (label) => label.string(1, name).string(2, value));
  }
  return writer;
}

/** A set of labels in the order that remote read and remote write have them in: by name. */
export const sortedLabels = (metric: Readonly<Record<string, string>>): Labels =>
  Object.entries(metric).sort(([a], [b]) => compareBytes(a, b));

/** `{"__name__":"up","job":"api"}`: as text, so that any name can be a key. */
export const labelsJson = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;

/** The value of `__name__`; empty for a series without a name. */
export const metricName = (labels: Labels): string => labels.find(([name]) => name === "__name__")?.[1] ?? "";

/** The order of Prometheus' `labels.Compare`: pair by pair, by bytes; then the shorter set first. */
export function compareLabels(a: Labels, b: Labels): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [nameA, valueA] = a[index] ?? ["", ""];
    const [nameB, valueB] = b[index] ?? ["", ""];
    const order = compareBytes(nameA, nameB) || compareBytes(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** From the first surrogate on, the order of UTF-16 is not that of the bytes. */
const SURROGATES = 0xd800;

/** By the bytes of their UTF-8, as Go compares strings. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === length) return a.length - b.length;
  const [first, second] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (first < SURROGATES && second < SURROGATES) return first - second;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

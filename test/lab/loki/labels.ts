/** A label set: pairs sorted by name, as Loki keeps it. */
export type Labels = readonly (readonly [name: string, value: string])[];

const NAMED: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

/** As Go's strconv.Quote writes it. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  const escaped = text.replace(/[\\"\u0000-\u001f\u007f]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
    return NAMED[character] ?? `\\x${hex}`;
  });
  return `"${escaped}"`;
}

/** `{app="web", env="prod"}`: the form in which Loki names, sorts and hashes a stream. */
export const labelString = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${name}=${quote(value)}`).join(", ")}}`;

/** Sorted by name, by code units, and without empty values: an empty label is an absent one. */
export function toLabels(pairs: Iterable<readonly [string, string]>): Labels {
  return [...pairs].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export const labelValue = (labels: Labels, name: string): string =>
  labels.find(([one]) => one === name)?.[1] ?? "";

/** The JSON object of a label set; keys in their order, also `__proto__`. */
export const labelsJson = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`).join(",")}}`;

/**
 * Stands in a line for a byte that was no text: half a character, which no text can hold. {@link jsonText} writes it as
 * Loki writes such a byte.
 */
export const BROKEN_BYTE = "\udc80";

/** A JSON string as json-iterator writes it: safe inside HTML, and an escaped U+FFFD for what is no text. */
export function jsonText(text: string): string {
  const broken = text.isWellFormed() ? text : text.toWellFormed().replaceAll("\ufffd", PLACEHOLDER);
  return JSON.stringify(broken)
    .replaceAll(PLACEHOLDER, "\\ufffd")
    .replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** A character that nobody uses. */
const PLACEHOLDER = "\uf8ff\uf8fe";

/** Where a person shows up, as a PromQL selector with `{id}` in the value of a label: `http_requests_total{customer="{id}"}`. */
import { PluginError } from "contextcore";
import { type Matcher, parseSelector } from "../wire/matchers.ts";

/** Stands for the identifier while a place is read: a character that nobody uses. */
const HERE = "\uf8ff";

/**
 * The matchers of that person's series. A label is that person's where it is the whole value that is written down.
 * @throws PluginError `invalid`, without the identifier
 */
export function matchersOfPerson(where: string, id: string): readonly Matcher[] {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "mimir: an identifier without a letter or a digit names nobody");
  const matchers = parseSelector(where.replaceAll("{id}", HERE));
  const about = matchers.filter(({ value }) => value.includes(HERE));
  if (about.length === 0 || about.some(({ operator }) => operator !== "=")) throw notPlace(where);
  return matchers.map((one) => ({ ...one, value: one.value.replaceAll(HERE, () => id) }));
}

const notPlace = (where: string): PluginError =>
  new PluginError("invalid", `mimir: where a person shows up is not understood: ${where}`, {
    hint: 'Write a selector with {id} after =, and nowhere else: http_requests_total{customer="{id}"} or {user="{id}"}. Expressions might match what belongs to others.',
  });

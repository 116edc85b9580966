/** What a dashboard, a rule or a policy refers to by uid or name. */
import { asObject, asText } from "./server.ts";

/** Grafana's own, which are not data sources that could be missing. */
const BUILT_IN = new Set([
  "",
  "grafana",
  "__expr__",
  "-100",
  "-- Grafana --",
  "-- Mixed --",
  "-- Dashboard --",
  "default",
]);

/** The data sources that are referred to anywhere inside: uids, or names where an old dashboard has them. Not variables. */
export function dataSourcesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  visit(value, (key, one) => {
    const named = key === "datasource" ? asText(one) || asText(asObject(one).uid) || nameOf(one) : "";
    const uid = key === "datasourceUid" ? asText(one) : named;
    if (!BUILT_IN.has(uid) && !uid.includes("$")) found.add(uid);
  });
  return found;
}

/** The second dashboard schema says `{ name: <uid> }`. */
const nameOf = (reference: unknown): string => asText(asObject(reference).name);

/** The library panels that are referred to anywhere inside. */
export function libraryPanelsIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  visit(value, (key, one) => {
    const uid = key === "libraryPanel" ? asText(asObject(one).uid) : "";
    if (uid !== "") found.add(uid);
  });
  return found;
}

/** The texts, alone or in a list, that stand under these keys anywhere inside. */
export function textsUnder(value: unknown, ...keys: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  visit(value, (key, one) => {
    if (!keys.includes(key)) return;
    for (const text of Array.isArray(one) ? one : [one]) if (asText(text) !== "") found.add(asText(text));
  });
  return found;
}

function visit(value: unknown, see: (key: string, value: unknown) => void): void {
  if (Array.isArray(value)) for (const one of value) visit(one, see);
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value)) {
      see(key, one);
      visit(one, see);
    }
}

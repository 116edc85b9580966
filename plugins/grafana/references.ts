/** How objects depend on each other: what an object is called, and what it refers to by uid or name. */
import { asObject, asText, type Fields } from "./json.ts";
import type { Described } from "./kind.ts";

/** An object in no folder that refers to nothing. @param called the names by which others refer to it */
export function described(object: Fields, called: readonly string[]): Described {
  const uid = asText(object.uid);
  return {
    uids: uid === "" ? [] : [uid],
    titles: [asText(object.title) || asText(object.name)],
    tags: [],
    called,
    refers: [],
  };
}

/** An object in a folder, with panels or queries in it. @param folderUid empty at the root */
export const describedIn = (folderUid: string, object: Fields): Described => ({
  ...described(object, [asText(object.uid)]),
  folderUid,
  refers: [
    ...inFolder(folderUid),
    ...references("datasource", dataSourcesIn(object)),
    ...references("library-panel", libraryPanelsIn(object)),
  ],
});

/** The contents of a folder refer to it; at the root there is none. */
export const inFolder = (uid: string): string[] => (uid === "" ? [] : references("folder", [uid]));

/** What policies refer to, and rules with their own routing. */
export const routing = (object: Fields): string[] => [
  ...references("contact-point", textsUnder(object, "receiver")),
  ...references("mute-timing", textsUnder(object, "mute_time_intervals", "active_time_intervals")),
];

/** References to objects of a kind. @param called one of each object's names */
export const references = (kind: string, called: Iterable<string>): string[] =>
  Array.from(called, (name) => `${kind}/${name}`);

/** Grafana's built-in data sources, which cannot be missing. */
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

/** The data sources referred to anywhere inside: uids, or names in old dashboards. Variables are excluded. */
export function dataSourcesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  visit(value, (key, one) => {
    const named = key === "datasource" ? asText(one) || asText(asObject(one).uid) || nameOf(one) : "";
    const uid = key === "datasourceUid" ? asText(one) : named;
    if (!BUILT_IN.has(uid) && !uid.includes("$")) found.add(uid);
  });
  return found;
}

/** The second dashboard schema writes `{ name: <uid> }`. */
const nameOf = (reference: unknown): string => asText(asObject(reference).name);

/** The library panels referred to anywhere inside. */
export function libraryPanelsIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  visit(value, (key, one) => {
    const uid = key === "libraryPanel" ? asText(asObject(one).uid) : "";
    if (uid !== "") found.add(uid);
  });
  return found;
}

/** The strings under these keys anywhere inside, alone or in a list. */
function textsUnder(value: unknown, ...keys: readonly string[]): ReadonlySet<string> {
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

/** Restores by selector: the things that it finds, and what they need of the snapshot. */
import { type LineMatcher, type RestoreLine, v } from "contextcore";
import { type Annotation, annotationSchema } from "./annotations.ts";
import { parseExact } from "./exact-json.ts";
import { folderNames } from "./folder-names.ts";
import { ANNOTATIONS } from "./restore-kinds.ts";
import { dashboardName, describe, type StoredThing } from "./restore-things.ts";
import { type Condition, isSelected, parseSelector } from "./selector.ts";

/**
 * Chooses by a selector. Annotations are chosen only where it names their kind: they are history, not part of a dashboard.
 * @throws PluginError `invalid` when the selector is not understood or an object is damaged
 */
export async function selection(match: string, everything: AsyncIterable<RestoreLine>): Promise<LineMatcher> {
  const selector = parseSelector(match);
  const takesNote = annotationChooser(selector);
  const things: StoredThing[] = [];
  const needed = new Set<string>();
  for await (const { file, line } of everything) {
    if (file === ANNOTATIONS) {
      const dashboard = takesNote(line)?.dashboardUID;
      if (dashboard) needed.add(dashboardName(dashboard));
      continue;
    }
    const described = describe(file, line);
    if (described !== undefined) things.push(described);
  }
  const files = withNeeds(chosenBy(selector, things), things, needed);
  return (line, file) => {
    const isChosen = file === ANNOTATIONS ? takesNote(line) !== undefined : files.has(file);
    return isChosen ? line : undefined;
  };
}

function chosenBy(selector: readonly Condition[], things: readonly StoredThing[]): StoredThing[] {
  const folders = things.flatMap(({ kind, folderUid, titles: [title = ""], parentUid = "" }) =>
    kind === "folder" ? [{ uid: folderUid, title, parentUid }] : [],
  );
  const foldersOf = folderNames(folders);
  return things.filter((one) => isSelected({ ...one, folders: placeOf(one, foldersOf) }, selector));
}

/** Only some kinds lie in folders: a data source is not in the root folder either. */
function placeOf(
  { kind, folderUid }: StoredThing,
  foldersOf: (uid: string) => readonly string[],
): readonly string[] {
  const lies = kind === "dashboard" || kind === "library-panel" || kind === "rule" || kind === "folder";
  return lies ? foldersOf(folderUid) : [];
}

/** The files of what was chosen, and of all that is needed, and of what that needs. */
function withNeeds(
  chosen: readonly StoredThing[],
  things: readonly StoredThing[],
  alsoNeeded: ReadonlySet<string>,
): ReadonlySet<string> {
  const byName = Map.groupBy(
    things.flatMap((one) => one.names.map((name) => ({ name, one }))),
    ({ name }) => name,
  );
  const named = (name: string): StoredThing[] => (byName.get(name) ?? []).map(({ one }) => one);
  const waiting = [...chosen, ...[...alsoNeeded].flatMap(named)];
  const files = new Set<string>();
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (files.has(one.file)) continue;
    files.add(one.file);
    waiting.push(...one.needs.flatMap(named));
  }
  return files;
}

/** Gives the annotation of a line that is chosen. */
function annotationChooser(selector: readonly Condition[]): (line: string) => Annotation | undefined {
  const named = selector.some(({ name, negated, fits }) => name === "kind" && !negated && fits("annotation"));
  return (line) => {
    if (!named || line.trim() === "") return undefined;
    const annotation = v.parse(annotationSchema, parseExact(line));
    const { text, tags } = annotation;
    const thing = { kind: "annotation", uids: [], titles: [text], tags: tags ?? [], folders: [] } as const;
    return isSelected(thing, selector) ? annotation : undefined;
  };
}

/** Restores by selector: the matching objects, and what they need from the snapshot. */
import { type LineMatcher, PluginError, type RestoreLine } from "contextcore";
import { objectIn } from "./json.ts";
import type { Described, LineKind, ObjectKind } from "./kind.ts";
import { KIND_NAMES, kindOf } from "./kinds/index.ts";
import { folderNames, isSelected, parseSelector, type Selector } from "./selector.ts";

/** The contents of a snapshot file. */
interface StoredThing extends Described {
  readonly file: string;
  readonly kind: string;
}

/**
 * Chooses by a selector. Lines of a data file are chosen only if it names their kind: annotations are history, not part of a
 * dashboard.
 * @throws PluginError `invalid` when the selector is not understood or an object is damaged
 */
export async function selection(match: string, everything: AsyncIterable<RestoreLine>): Promise<LineMatcher> {
  const selector = parseSelector(match, KIND_NAMES);
  const things: StoredThing[] = [];
  const needed = new Set<string>();
  for await (const { file, line } of everything) {
    const kind = kindOf(file);
    if (kind === undefined) continue;
    if ("file" in kind) for (const one of chosenLine(kind, line, selector)?.refers ?? []) needed.add(one);
    // The same rules in file provisioning format lie beside them; no selector chooses those files.
    else if (file.endsWith(".json")) things.push(describe(kind, file, line));
  }
  const files = withNeeds(chosenBy(selector, things), things, needed);
  return (line, file) => {
    const kind = kindOf(file);
    const isLine = kind !== undefined && "file" in kind;
    const isChosen = isLine ? chosenLine(kind, line, selector) !== undefined : files.has(file);
    return isChosen ? line : undefined;
  };
}

/** The kind of a line, if it is chosen. */
function chosenLine(kind: LineKind, line: string, selector: Selector): Described | undefined {
  const named = selector.some(({ name, negated, fits }) => name === "kind" && !negated && fits(kind.name));
  if (!named || line.trim() === "") return undefined;
  const described = kind.describe(line);
  return isSelected({ ...described, kind: kind.name, folders: [] }, selector) ? described : undefined;
}

/** @throws PluginError `invalid` naming the file */
function describe(kind: ObjectKind, file: string, text: string): StoredThing {
  const object = objectIn(file, text);
  try {
    return { file, kind: kind.name, ...kind.describe(object) };
  } catch (cause) {
    if (!(cause instanceof PluginError)) throw cause;
    throw new PluginError("invalid", `${file}: ${cause.message}`, { cause });
  }
}

function chosenBy(selector: Selector, things: readonly StoredThing[]): StoredThing[] {
  const folders = things.flatMap(({ folderUid, titles: [title = ""], parentUid }) =>
    folderUid === undefined || parentUid === undefined ? [] : [{ uid: folderUid, title, parentUid }],
  );
  const foldersOf = folderNames(folders);
  return things.filter((one) => {
    const inside = one.folderUid === undefined ? [] : foldersOf(one.folderUid);
    return isSelected({ ...one, folders: inside }, selector);
  });
}

/** The files of the chosen objects, and of everything they depend on, transitively. */
function withNeeds(
  chosen: readonly StoredThing[],
  things: readonly StoredThing[],
  alsoNeeded: ReadonlySet<string>,
): ReadonlySet<string> {
  const byName = Map.groupBy(
    things.flatMap((one) => one.called.map((name) => ({ name: `${one.kind}/${name}`, one }))),
    ({ name }) => name,
  );
  const named = (name: string): StoredThing[] => (byName.get(name) ?? []).map(({ one }) => one);
  const waiting = [...chosen, ...[...alsoNeeded].flatMap(named)];
  const files = new Set<string>();
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (files.has(one.file)) continue;
    files.add(one.file);
    waiting.push(...one.refers.flatMap(named));
  }
  return files;
}

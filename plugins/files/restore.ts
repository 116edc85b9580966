/** Puts a tree back: every file under a draft's name first, then all of them into their places, and each directory after what is in it. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import {
  isKind,
  type LineMatcher,
  PluginError,
  type Problem,
  type Rejected,
  type RestoreAnswer,
  type RestoreDiagnostic,
  type Restorer,
  syncDirectory,
  systemCode,
  systemRefusal,
} from "contextcore";
import type { Directory } from "./below.ts";
import { type Contents, createContents } from "./contents.ts";
import { type Descent, InTheWay, openDescent } from "./descend.ts";
import { parseTreeLine, TREE, type TreeLine, UNITS } from "./line.ts";
import { createSelector, namesOn } from "./names.ts";
import { draftName, finishDirectory, isRoot, type Put, putLink, takePlace } from "./put.ts";
import { draftFile, linkDraft } from "./put-file.ts";
import { syncAround } from "./system.ts";

/** Writes below the root, and nowhere else. */
export const createRestorer = (root: string): Restorer => ({
  matcher: matcherOf,
  preflight: async () => [...inPlace(root), ...owners()],
  apply: (batch, signal) => applyAll(root, batch, { contents: nothing(), signal }),
  applyContents: (batch, contents, signal) => applyAll(root, batch, { contents, signal }),
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

function matcherOf(match: string): LineMatcher {
  const isChosen = createSelector(match);
  return (line, file) => (file === TREE && isChosen(parseTreeLine(line)) ? line : undefined);
}

function inPlace(root: string): RestoreDiagnostic[] {
  if (!existsSync(root) || readdirSync(root).length === 0) return [];
  const message = `${root} is there: files in it that differ from the saved ones are replaced, and what was not saved stays.`;
  return [{ severity: "alters", message }];
}

const owners = (): RestoreDiagnostic[] =>
  isRoot
    ? []
    : [{ severity: "alters", message: "Only root can give files to their owners: all of it will be yours." }];

/** A line, and what has become of it so far. */
interface Work {
  readonly text: string;
  readonly line: TreeLine;
  state: Put | "draft" | "rejected" | undefined;
}

interface Applying {
  readonly descent: Descent;
  readonly contents: Contents;
  readonly rejected: Rejected[];
  /** The paths of what lacks an attribute that the system did not take, by that. */
  readonly refused: Map<string, string[]>;
}

async function applyAll(
  root: string,
  { file, lines }: { readonly file: string; readonly lines: readonly string[] },
  { contents, signal }: { readonly contents: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
): Promise<RestoreAnswer> {
  if (file !== TREE) return { written: {} };
  const work = lines.map((text): Work => ({ text, line: parseTreeLine(text), state: undefined }));
  using descent = openDescent(root);
  const applying = { descent, contents: createContents(contents), rejected: [], refused: new Map() };
  try {
    for (const step of [draft, finish]) {
      for (const one of work) {
        signal.throwIfAborted();
        await attempt(step, one, applying);
      }
      if (!syncAround(descent.root.fd)) await syncDirectory(root);
    }
  } catch (error) {
    for (const one of work) removeDraft(one, descent);
    throw error;
  }
  return answerOf(work, applying);
}

/** What is wrong with one file costs that file; what would be wrong with all of them stops the restore. */
async function attempt(step: typeof draft, one: Work, applying: Applying): Promise<void> {
  if (one.state === "rejected") return;
  try {
    await step(one, applying);
  } catch (error) {
    if (applying.contents.failure() !== undefined) throw error;
    removeDraft(one, applying.descent);
    one.state = "rejected";
    applying.rejected.push({ line: one.text, reason: reasonOf(error) });
  }
}

/** For all that is to be written. */
const OF_ALL: readonly string[] = ["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "EIO"];

function reasonOf(error: unknown): string {
  if (error instanceof InTheWay || isKind(error, "invalid")) return error.message;
  const refusal = systemRefusal(error, { purpose: "write" });
  if (refusal === undefined) throw error;
  if (!OF_ALL.includes(systemCode(error) ?? "")) return refusal.what;
  const [hint] = refusal.remedies;
  throw new PluginError("refused", `nothing more can be written: ${refusal.what}`, { hint, cause: error });
}

async function draft(one: Work, { descent, contents, refused }: Applying): Promise<void> {
  const { line } = one;
  if (line.type !== "file") return;
  const bytes = contents.next(line.content?.bytes ?? 0);
  try {
    const { directory, name } = placeOf(line, descent);
    const drafted = await draftFile(line, directory, name, bytes);
    one.state = drafted.state;
    note(refused, line, drafted.refused);
  } finally {
    await contents.skip();
  }
}

async function finish(one: Work, applying: Applying): Promise<void> {
  const { line } = one;
  const { descent, refused } = applying;
  if (line.type === "directory") {
    const done = finishDirectory(line, descent.to(namesOn(line.path)));
    one.state = done.put;
    return note(refused, line, done.refused);
  }
  const { directory, name } = placeOf(line, descent);
  if (line.type === "link") one.state = putLink(line, directory, name);
  else if (one.state === "draft") {
    if (line.same !== undefined) await linkTo(line.same, one, applying);
    takePlace(directory.at(draftName(name)), directory.at(name));
    one.state = "written";
  }
}

/** Another name of a file that is already in its place; otherwise it stays a file of its own. */
async function linkTo(path: string, { line }: Work, { descent }: Applying): Promise<void> {
  if (line.type !== "file") return;
  using other = openDescent(descent.path);
  const first = placeOf({ ...line, path }, other);
  const { directory, name } = placeOf(line, descent);
  await linkDraft(line, first.directory.at(first.name), directory.at(draftName(name)));
}

/** @throws PluginError `invalid` when the path leads elsewhere; InTheWay when a link or a file is on it */
function placeOf(
  { path }: TreeLine,
  descent: Descent,
): { readonly directory: Directory; readonly name: Buffer } {
  const names = namesOn(path);
  const name = names.pop();
  if (name === undefined) throw new PluginError("invalid", "only a directory is the root");
  return { directory: descent.to(names), name };
}

const note = (refused: Applying["refused"], { path }: TreeLine, names: readonly string[]): void => {
  for (const name of names) refused.set(name, [...(refused.get(name) ?? []), path]);
};

function removeDraft({ line, state }: Work, descent: Descent): void {
  if (state !== "draft") return;
  try {
    const { directory, name } = placeOf(line, descent);
    rmSync(directory.at(draftName(name)), { force: true });
  } catch {
    // Somebody took the directory away that it was in.
  }
}

function answerOf(work: readonly Work[], { rejected, refused }: Applying): RestoreAnswer {
  const counts = (state: Put): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const one of work)
      if (one.state === state) found[UNITS[one.line.type]] = (found[UNITS[one.line.type]] ?? 0) + 1;
    return found;
  };
  const problems = [...refused].map(([name, items]): Problem => {
    const reason = `The system did not take the attribute ${name}.`;
    return { kind: "lossy", reason, items };
  });
  return { written: counts("written"), existing: counts("existing"), rejected, problems };
}

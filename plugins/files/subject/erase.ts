/** Takes away what was found of a person: each only if it is still the same, through no link, and a directory only when it is empty. */
import { rmdirSync, unlinkSync } from "node:fs";
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  syncDirectory,
  systemCode,
  systemRefusal,
} from "contextcore";
import { type Directory, openIn, openRoot } from "../below.ts";
import { refusedRoot } from "../errors.ts";
import { namesOn } from "../names.ts";
import { type Stat, statIn, statOf, textOfMoment } from "../stat.ts";
import { setTime, syncAround } from "../system.ts";
import { isStill, type Named, type Reference, referenceOf } from "./reference.ts";

/** What was in the way of one of them; `undefined`: it is gone. */
type Obstacle = Pick<ErasureOutcome, "state" | "reason"> | undefined;

/** Erases what was found. @throws PluginError when the directory cannot be opened or a reference is none */
export async function eraseFiles(
  path: string,
  { found }: EraseRequest,
  signal: AbortSignal,
): Promise<EraseAnswer> {
  const all = found.map(({ reference, count }) => ({ count, reference: referenceOf(reference) }));
  const outcomes = new Map<number, ErasureOutcome>();
  using root = openRootOf(path);
  const known = namesFound(all.map(({ reference }) => reference));
  const inOrder = [...all.entries()].sort(([, one], [, other]) => rankOf(one) - rankOf(other));
  for (const [at, { reference, count }] of inOrder) {
    const obstacles: Obstacle[] = [];
    for (const named of reference.paths) {
      signal.throwIfAborted();
      obstacles.push(removed(root, { kind: reference.kind, named, known }));
      if (obstacles.length % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    outcomes.set(at, outcomeOf(obstacles, count));
  }
  if (!syncAround(root.fd)) await syncDirectory(path);
  return { outcomes: all.map(({ count }, at) => outcomes.get(at) ?? { state: "erased", count }) };
}

/** After so many, other work has its turn. */
const AT_ONCE = 100;

/** Directories come after what is in them. */
const rankOf = ({ reference }: { readonly reference: Reference }): number =>
  reference.kind === "directory" ? 1 : 0;

function openRootOf(path: string): Directory {
  try {
    return openRoot(path);
  } catch (error) {
    throw refusedRoot(path, error);
  }
}

/** How many names of each file have still to go, by its number. */
function namesFound(references: readonly Reference[]): Map<string, number> {
  const known = new Map<string, number>();
  for (const { kind, paths } of references)
    if (kind === "file") for (const [, ino] of paths) known.set(ino, (known.get(ino) ?? 0) + 1);
  return known;
}

/** All of them are gone, or the first thing that was in the way says why not. */
function outcomeOf(obstacles: readonly Obstacle[], count: number): ErasureOutcome {
  const left = obstacles.filter((one) => one !== undefined);
  const [first] = left.toSorted((one, other) =>
    one.state === other.state ? 0 : one.state === "impossible" ? -1 : 1,
  );
  if (first === undefined) return { state: "erased", count };
  return { ...first, count, reason: `${left.length} of ${obstacles.length} stay: ${first.reason}` };
}

interface Doomed {
  readonly kind: Reference["kind"];
  readonly named: Named;
  /** How many names of each file have still to go, by its number. */
  readonly known: Map<string, number>;
}

/** @throws what is no refusal of the system's */
function removed(root: Directory, doomed: Doomed): Obstacle {
  try {
    return inParent(root, namesOn(doomed.named[0]), (parent, name) => removedFrom(parent, name, doomed));
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ENOENT") return undefined;
    if (code === "ENOTDIR" || code === "ELOOP") return REPLACED;
    if (code === "ENOTEMPTY" || code === "EEXIST") return NOT_EMPTY;
    const refusal = systemRefusal(error, { purpose: "write" });
    if (refusal === undefined) throw error;
    return { state: "owed", reason: `they cannot be removed, ${refusal.what}` };
  }
}

const REPLACED: Obstacle = {
  state: "owed",
  reason: "something else has their names since they were found, and is left until it is looked for again",
};
const NOT_EMPTY: Obstacle = {
  state: "owed",
  reason:
    "something is in these directories that was not found before, and is left until it is looked for again",
};
const OTHER_NAMES: Obstacle = {
  state: "impossible",
  reason:
    "the same files have other names that the pattern does not match: remove those, or say a pattern that matches them, too",
};

/** Goes down through directories, and no link. */
function inParent<Result>(
  directory: Directory,
  [name, ...below]: readonly Buffer[],
  work: (parent: Directory, name: Buffer) => Result,
): Result {
  if (name === undefined) throw new RangeError("the directory itself is nobody's");
  if (below.length === 0) return work(directory, name);
  using next = openIn(directory, name);
  return inParent(next, below, work);
}

function removedFrom(parent: Directory, name: Buffer, { kind, named, known }: Doomed): Obstacle {
  const now = statIn(parent, name);
  if (!isStill(kind, named, now)) return REPLACED;
  const names = known.get(named[1]) ?? 0;
  if (kind === "file" && now.names > names) return OTHER_NAMES;
  const before = statOf(parent.fd);
  if (kind === "directory") rmdirSync(parent.at(name));
  else unlinkSync(parent.at(name));
  known.set(named[1], names - 1);
  keepTime(parent, before);
  return undefined;
}

const HERE = Buffer.from(".");

/** What is left stays as it was, so that the next snapshot differs by what was erased alone. */
function keepTime(directory: Directory, { mtime }: Stat): void {
  try {
    setTime(directory.at(HERE), BigInt(textOfMoment(mtime)));
  } catch {
    // It is somebody else's, who lets us write in it: then its time says that something went.
  }
}

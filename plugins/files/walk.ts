/** Goes through a directory and everything below it; a directory comes after what is in it, as it is put back. */
import { type Directory, openIn, openRoot } from "./below.ts";
import { unreadable } from "./errors.ts";
import type { TreeLine } from "./line.ts";
import { type Named, namesIn } from "./listing.ts";
import { createMatcher, type Place } from "./names.ts";
import { type Kind, type Stat, statIn, statOf } from "./stat.ts";

/** What to go through. */
interface Course {
  readonly place: Place;
  /** Patterns of what is left out, with everything in it. */
  readonly exclude: readonly string[];
  /** Whether to go on into other file systems that are mounted below. */
  readonly mounts: boolean;
  /** Told of what is left out, and why. Not what has vanished meanwhile: it is not there any more. */
  readonly missed: (why: Missed, path: string) => void;
}

/** `mount`: another file system. `special`: a pipe, a socket or a device. Otherwise why it cannot be read. */
export type Missed = "mount" | "special" | { readonly unreadable: string };

/** A file, a directory or a link. */
export interface Found {
  /** Below the root, as text; `.` is the root itself. */
  readonly path: string;
  /** The directory that it is in, still open. */
  readonly parent: Directory;
  readonly name: Buffer;
  readonly kind: TreeLine["type"];
  /** Asks the system, which costs as much as all else. @throws the system's error */
  readonly stat: () => Stat;
  /** A directory itself, still open. */
  readonly directory?: Directory;
}

/** A directory that is being gone through. */
interface Level {
  readonly directory: Directory;
  /** What is given when everything in it was. */
  readonly self: Found;
  readonly names: readonly Named[];
  next: number;
}

/** Everything that the course leads to, the names of a directory in their order. @throws the system's error when the root cannot be opened */
export function* walk(course: Course): Generator<Found> {
  const isMeant = createChoice(course);
  const root = openRoot(course.place.root);
  const top = openLevel(root, { path: ".", parent: root, name: Buffer.from(".") });
  const within = { ...course, device: top.self.stat().device };
  const open = [top];
  try {
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const named = level.names[level.next];
      level.next += 1;
      if (named === undefined) {
        yield level.self;
        open.pop()?.directory[Symbol.dispose]();
        continue;
      }
      const path = open.length === 1 ? named.text : `${level.self.path}/${named.text}`;
      if (!isMeant(named.text, path, open.length - 1)) continue;
      const found = lookAt({ path, parent: level.directory, name: named.name }, named.kind, within);
      if (found === undefined) continue;
      if ("names" in found) open.push(found);
      else yield found;
    }
  } finally {
    for (const { directory } of open) directory[Symbol.dispose]();
  }
}

/** Whether a name is meant, with its path and how far below the root it is. */
function createChoice({ place, exclude }: Course) {
  const isExcluded = createMatcher(exclude);
  return (text: string, path: string, depth: number): boolean =>
    (place.parts[depth]?.match(text) ?? true) && !isExcluded(path);
}

type One = Pick<Found, "parent" | "name" | "path">;

/** @param listed what the directory says that it is @returns nothing for what is left out, which is told, and for what has vanished */
function lookAt(one: One, listed: Kind | undefined, within: Course & { readonly device: number }) {
  const { parent, name, path } = one;
  const { missed, mounts, device } = within;
  const isInside = (stat: Stat): boolean => {
    if (mounts || stat.device === device) return true;
    missed("mount", path);
    return false;
  };
  try {
    const kind = listed ?? statIn(parent, name).kind;
    if (kind === "special") return missed("special", path);
    if (kind === "directory") return openLevel(openIn(parent, name), one, isInside);
    return { ...one, kind, stat: () => statIn(parent, name) };
  } catch (error) {
    const why = unreadable(error);
    if (why !== undefined) missed({ unreadable: why }, path);
  }
}

/** @param isInside whether what is in it is meant, too @throws the system's error; it is closed then */
function openLevel(directory: Directory, one: One, isInside = (_: Stat): boolean => true): Level {
  try {
    const stat = statOf(directory.fd);
    const self: Found = { ...one, kind: "directory", stat: () => stat, directory };
    return { directory, self, names: isInside(stat) ? namesIn(directory) : [], next: 0 };
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

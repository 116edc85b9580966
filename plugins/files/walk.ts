/** Goes through a directory and everything below it; a directory comes after what is in it, as it is put back. */
import { readdirSync } from "node:fs";
import { systemCode, systemRefusal } from "contextcore";
import { type Directory, openIn, openRoot } from "./below.ts";
import { createMatcher, type Place, textOf } from "./names.ts";
import { type Stat, statIn, statOf } from "./stat.ts";

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
  readonly stat: Stat;
  /** A directory itself, still open. */
  readonly directory?: Directory;
}

/** Everything that the course leads to, the names of a directory in their order. @throws the system's error when the root cannot be opened */
export function* walk(course: Course): Generator<Found> {
  using root = openRoot(course.place.root);
  const stat = statOf(root.fd);
  const within = { course, isExcluded: createMatcher(course.exclude), device: stat.device };
  yield* contentsOf(root, { path: "", depth: 0, within });
  yield { path: ".", parent: root, name: Buffer.from("."), stat, directory: root };
}

interface Where {
  readonly path: string;
  readonly depth: number;
  readonly within: {
    readonly course: Course;
    readonly isExcluded: (path: string) => boolean;
    readonly device: string;
  };
}

function* contentsOf(parent: Directory, where: Where): Generator<Found> {
  const { path: above, depth, within } = where;
  const { place, missed } = within.course;
  const pattern = place.parts[depth];
  const names = readdirSync(parent.at(HERE), { encoding: "buffer" }).sort(Buffer.compare);
  for (const name of names) {
    const text = textOf(name);
    const path = above === "" ? text : `${above}/${text}`;
    if (pattern !== undefined && !pattern.match(text)) continue;
    if (within.isExcluded(path)) continue;
    try {
      yield* foundAt({ parent, name, path }, { path, depth: depth + 1, within });
    } catch (error) {
      if (systemCode(error) === "ENOENT") continue;
      const refusal = systemRefusal(error, { purpose: "read" });
      if (refusal === undefined) throw error;
      missed({ unreadable: refusal.what }, path);
    }
  }
}

const HERE = Buffer.from(".");

function* foundAt(one: Pick<Found, "parent" | "name" | "path">, where: Where): Generator<Found> {
  const { parent, name, path } = one;
  const { course, device } = where.within;
  const stat = statIn(parent, name);
  if (stat.kind === "file" || stat.kind === "link") return yield { ...one, stat };
  if (stat.kind === "special") return course.missed("special", path);
  using directory = openIn(parent, name);
  const own = statOf(directory.fd);
  if (own.device === device || course.mounts) yield* contentsOf(directory, where);
  else course.missed("mount", path);
  yield { ...one, stat: own, directory };
}

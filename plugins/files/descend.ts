/** Goes down from a root that is restored into, directory by directory, through no link. */
import { mkdirSync } from "node:fs";
import { systemCode } from "contextcore";
import { type Directory, openIn, openRoot } from "./below.ts";

/** Directories below one root, of which the last path's stay open. */
export interface Descent extends Disposable {
  /** The root's path. */
  readonly path: string;
  readonly root: Directory;
  /** The directory that these names lead to, made where it is not there. @throws InTheWay; the system's error */
  to(names: readonly Buffer[]): Directory;
}

/** Something else has the name of a directory. */
export class InTheWay extends Error {
  override readonly name = "InTheWay";
}

/** Nobody else is let in before the directory's own line says who may. */
const PRIVATE = 0o700;

/** @param root made where it is not there */
export function openDescent(path: string): Descent {
  mkdirSync(path, { recursive: true });
  const root = openRoot(path);
  const open: { readonly name: Buffer; readonly directory: Directory }[] = [];
  const closeFrom = (depth: number): void => {
    for (const { directory } of open.splice(depth)) directory[Symbol.dispose]();
  };
  return {
    path,
    root,
    to(names) {
      const same = names.findIndex((name, depth) => !open[depth]?.name.equals(name));
      closeFrom(same < 0 ? names.length : same);
      for (const name of names.slice(open.length)) {
        const parent = open.at(-1)?.directory ?? root;
        open.push({ name, directory: enter(parent, name) });
      }
      return open.at(-1)?.directory ?? root;
    },
    [Symbol.dispose]() {
      closeFrom(0);
      root[Symbol.dispose]();
    },
  };
}

function enter(parent: Directory, name: Buffer): Directory {
  try {
    return openIn(parent, name);
  } catch (error) {
    const code = systemCode(error);
    // Some systems say that a link is no directory, others that it is a loop.
    if (code === "ENOTDIR" || code === "ELOOP")
      throw new InTheWay(
        `${name.toString()} on its path is a link or a file there, and nothing is written through it`,
      );
    if (code !== "ENOENT") throw error;
  }
  mkdirSync(parent.at(name), { mode: PRIVATE });
  return openIn(parent, name);
}

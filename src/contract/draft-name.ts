/**
 * Files under a temporary name, beside the place that they are for. The name tells who writes, so that what a process left that was
 * killed is removed by the next one that writes to that place.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { markOf } from "../units/process-mark.ts";

/** `<machine>-<process id>-<its start>-<random>.partial`, perhaps with what a database keeps beside its file. */
const NAME = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.partial(-\w+)?$/;

/** Nobody here can ask whether a process of another machine still writes. What is not touched for so long is left. ms */
const LEFT_MS = 24 * 3_600_000;

/** A name beside the path that nobody has. What others left there is removed. */
export function draftBeside(path: string): string {
  const directory = dirname(path);
  const prefix = `.${basename(path)}.`;
  for (const name of namesIn(directory))
    if (name.startsWith(prefix) && isLeft(name.slice(prefix.length), join(directory, name)))
      rmSync(join(directory, name), { force: true });
  const writer = `${machineMark()}-${process.pid}-${startOf(process.pid)}`;
  return join(directory, `${prefix}${writer}-${crypto.randomUUID().slice(0, 8)}.partial`);
}

/** One may write to a directory that one may not list. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isLeft(name: string, path: string): boolean {
  const [, machine, pid, start] = NAME.exec(name) ?? [];
  if (machine === undefined) return false;
  if (machine === machineMark()) return startOf(Number(pid)) !== start;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > LEFT_MS;
}

/** Two containers on one machine have different processes of one id. */
const machineMark = (): string => shortHash(`${hostname()} ${markOf(process.pid)?.namespace}`);

const startOf = (pid: number): string => shortHash(markOf(pid)?.start ?? "gone");

const shortHash = (text: string): string => Bun.SHA256.hash(text, "hex").slice(0, 8);

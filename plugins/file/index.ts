/** Appends audit events to another file, one JSON line each: on another disk, or where a log shipper reads them. */
import type { Stats } from "node:fs";
import { access, constants, type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { definePlugin, messageOf, PluginError, type Sink, systemCode, systemRefusal, v } from "contextcore";

export default definePlugin({
  name: "file",
  about: "A file: audit events as JSON lines",
  options: v.object({
    path: v.pipe(
      v.string(),
      v.nonEmpty("empty: name the file"),
      v.description("The file; its directory is made if needed"),
      v.metadata({ reaches: "path" }),
    ),
  }),
  sink: ({ options }): Sink => {
    const path = resolve(options.path);
    return {
      probe: () => classified(path, () => probe(path)),
      deliver: ({ line }) => classified(path, () => append(path, line)),
      history: (query) => classified(path, () => hashesIn(path, query)),
    };
  },
});

async function append(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await openRegular(path, O_RDWR | O_APPEND | O_CREAT);
  try {
    const { size } = await file.stat();
    const torn = size > 0 && (await lastByte(file, size)) !== "\n"; // its writer died: keep it on a line of its own
    await file.appendFile(`${torn ? "\n" : ""}${line}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** A project may be hostile: its sink follows no link to a file, and never blocks on a FIFO. */
async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined) requireRegular(path, found);
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o640);
  try {
    requireRegular(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws PluginError `refused` */
function requireRegular(path: string, found: Stats): void {
  if (found.isFile()) return;
  const what = found.isSymbolicLink() ? "a symbolic link, and none is followed there" : "not a regular file";
  throw new PluginError("refused", `${path} is ${what}`, { hint: "Name a file of its own as `path`." });
}

async function lastByte(file: FileHandle, size: number): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString("latin1");
}

/** Checks without leaving anything behind: the file if it exists, otherwise the directory it would be created in. */
async function probe(path: string): Promise<void> {
  for (let place = path; ; place = dirname(place)) {
    try {
      if (place === path) requireRegular(path, await lstat(path));
      return await access(place, constants.W_OK);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || place === dirname(place)) throw error;
    }
  }
}

/** How much of the file's end is read for the history: about eight thousand events. */
const HISTORY_BYTES = 4 * 1024 * 1024;

interface HistoryQuery {
  readonly project: string;
  readonly host?: string;
  readonly limit: number;
}

async function hashesIn(path: string, { project, host, limit }: HistoryQuery): Promise<readonly string[]> {
  const marks = [
    `"project":${JSON.stringify(project)},`,
    host === undefined ? "" : `"host":${JSON.stringify(host)},`,
  ];
  const mine = (await readEnd(path)).split("\n").filter((line) => marks.every((mark) => line.includes(mark)));
  return mine.flatMap((line) => /"hash":"([0-9a-f]{64})"\}$/.exec(line)?.[1] ?? []).slice(-limit);
}

async function readEnd(path: string): Promise<string> {
  const file = await openOptional(path);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, HISTORY_BYTES));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function openOptional(path: string): Promise<FileHandle | undefined> {
  try {
    return await openRegular(path, O_RDONLY);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function classified<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const reason = systemRefusal(cause, { purpose: "write" })?.what ?? messageOf(cause);
    const kind = /^E(ACCES|PERM|ROFS|EXIST|ISDIR|NOTDIR)$/.test(systemCode(cause) ?? "")
      ? "refused"
      : "temporary";
    throw new PluginError(kind, `cannot use ${path}: ${reason}`, { cause });
  }
}

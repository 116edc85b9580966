/**
 * A backend for a directory of JSON-lines files: one JSON object per line, each with a `time` (RFC 3339), in order. Turn it
 * step by step into a backend for your data; `contextcore plugin check` reports any rule you break on the way.
 */
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cursor,
  definePlugin,
  fromRfc3339,
  option,
  PluginError,
  type Range,
  type Step,
  v,
} from "contextcore";

export default definePlugin({
  name: "vendor/name",
  about: "A directory of JSON-lines files",
  version: "0.1.0",
  signals: ["logs"],
  importance: "medium",
  options: v.object({
    directory: option.path("The directory with the .jsonl files", join(import.meta.dir, "sample")),
  }),
  backend: ({ options: { directory }, limits: { stepBytes } }) => ({
    /** What the directory holds: reads the first and last time of every file. */
    async inventory(signal) {
      const ends: bigint[] = [];
      for (const name of await filesIn(directory)) {
        signal.throwIfAborted();
        ends.push(
          ...(await firstAndLast(join(directory, name))).map(timeOf).filter((time) => time !== undefined),
        );
      }
      const [oldest] = ends.sort(byValue);
      const newest = ends.at(-1);
      return {
        signals: ["logs"],
        ...(oldest === undefined || newest === undefined ? {} : { oldest, newest }),
      };
    },

    async size() {
      const sizes = (await filesIn(directory)).map((name) => Bun.file(join(directory, name)).size);
      return { bytes: sizes.reduce((sum, size) => sum + size, 0), source: "disk" };
    },

    export: {
      /** One cursor per file. A cursor is plain JSON: it is stored in the snapshot, and `--resume` continues from it. */
      async start({ range: { from, to } }) {
        const files = await filesIn(directory);
        return { cursors: files.map((file) => ({ file, offset: 0, from: `${from}`, to: `${to}` })) };
      },

      /** Returns about `stepBytes` of lines from the cursor's offset, and the next cursor. */
      async step(cursor, signal): Promise<Step> {
        signal.throwIfAborted();
        const { file, offset, range } = readCursor(cursor);
        const lines = await linesFrom(join(directory, file), offset, stepBytes);
        const end = offset + lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        const next = lines.length === 0 ? [] : [{ ...cursor, offset: end }];
        return { ...sorted(lines, range, file), next };
      },
    },
  }),
});

/** Keeps the lines within the range, and reports lines without a time as a problem: nothing is left out silently. */
function sorted(lines: readonly string[], range: Range, file: string): Step {
  const kept = lines.flatMap((line) => {
    const time = timeOf(line);
    return time !== undefined && time >= range.from && time < range.to ? [{ line, time }] : [];
  });
  const unreadable = lines.filter((line) => line.trim() !== "" && timeOf(line) === undefined);
  const times = kept.map(({ time }) => time).sort(byValue);
  const [from = 0n] = times;
  const records = {
    file: "vendor/name/lines.jsonl",
    text: kept.map(({ line }) => `${line}\n`).join(""),
    lines: kept.length,
    from,
    to: (times.at(-1) ?? 0n) + 1n,
    counts: { lines: kept.length },
  };
  return {
    records: kept.length === 0 ? [] : [records],
    problems:
      unreadable.length === 0
        ? []
        : [
            {
              kind: "incomplete",
              reason: "Lines that are not JSON with a `time` were left out.",
              items: [file],
            },
          ],
  };
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".jsonl")).sort();
  } catch (cause) {
    // The engine decides what to do by the error's kind; the hint is for people.
    throw new PluginError("not-found", `the directory ${directory} cannot be read`, {
      hint: "Set the option `directory`.",
      cause,
    });
  }
}

function readCursor({ file, offset, from, to }: Cursor): { file: string; offset: number; range: Range } {
  if (typeof file !== "string" || typeof offset !== "number")
    throw new PluginError("invalid", "not a cursor of ours");
  return { file, offset, range: { from: BigInt(String(from)), to: BigInt(String(to)) } };
}

/** Complete lines from an offset: at least one, unless the file ends there. */
async function linesFrom(path: string, offset: number, bytes: number): Promise<string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  for (let length = bytes; offset < size; length *= 2) {
    const text = await read(file, offset, Math.min(length, size - offset));
    const end = offset + length >= size ? text.length : text.lastIndexOf(0x0a) + 1;
    if (end > 0) return text.subarray(0, end).toString().replace(/\n$/, "").split("\n");
  }
  return [];
}

async function firstAndLast(path: string): Promise<string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const reach = Math.min(size, 1 << 20);
  const first = (await read(file, 0, reach)).toString().split("\n")[0] ?? "";
  const last = (await read(file, size - reach, reach)).toString().trimEnd().split("\n").at(-1) ?? "";
  return [first, last];
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** ns since the epoch; `undefined` when the line is not JSON with a `time`. */
function timeOf(line: string): bigint | undefined {
  try {
    const { time } = v.parse(v.object({ time: v.string() }), JSON.parse(line));
    return fromRfc3339(time);
  } catch {
    return undefined;
  }
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

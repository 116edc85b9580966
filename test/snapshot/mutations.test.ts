/** Ten thousand random accidents to a snapshot, none missed: DESIGN §8. The seed is printed when one is. */
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifySnapshot } from "../../src/snapshot/verify/verify.ts";
import { scratch } from "../export/run.ts";
import { random } from "../lab/random.ts";
import { smallSnapshot } from "./small.ts";

const MUTATIONS = 10_000;

/** A change to one file's bytes; `undefined` when it has nothing to change. */
type Mutation = (bytes: Buffer, next: () => number) => Buffer | undefined;

const within = (next: () => number, length: number): number => Math.floor(next() * length);

const splitLines = (bytes: Buffer): string[] => bytes.toString("latin1").split("\n").slice(0, -1);
const joinLines = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");

const MUTATIONS_OF_BYTES: Readonly<Record<string, Mutation>> = {
  "flip a bit": (bytes, next) => {
    if (bytes.length === 0) return undefined;
    const copy = Buffer.from(bytes);
    const at = within(next, copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << within(next, 8));
    return copy;
  },
  "replace a byte": (bytes, next) => {
    if (bytes.length === 0) return undefined;
    const copy = Buffer.from(bytes);
    copy[within(next, copy.length)] = within(next, 256);
    return copy;
  },
  cut: (bytes, next) => (bytes.length === 0 ? undefined : bytes.subarray(0, within(next, bytes.length))),
  "cut the head": (bytes, next) =>
    bytes.length === 0 ? undefined : bytes.subarray(1 + within(next, bytes.length)),
  insert: (bytes, next) => {
    const at = within(next, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([within(next, 256)]), bytes.subarray(at)]);
  },
  "remove a line": (bytes, next) => {
    const lines = splitLines(bytes);
    lines.splice(within(next, lines.length), 1);
    return joinLines(lines);
  },
  "double a line": (bytes, next) => {
    const lines = splitLines(bytes);
    const at = within(next, lines.length);
    return joinLines([...lines.slice(0, at + 1), ...lines.slice(at)]);
  },
  "swap two lines": (bytes, next) => {
    const lines = splitLines(bytes);
    const [a, b] = [within(next, lines.length), within(next, lines.length)];
    return joinLines(
      lines.map((line, at) => (at === a ? (lines[b] ?? line) : at === b ? (lines[a] ?? line) : line)),
    );
  },
};

test(`${MUTATIONS} random mutations of a snapshot are all found`, async () => {
  const seed = Date.now() % 1_000_000;
  const next = random(seed);
  using dir = scratch();
  const path = await smallSnapshot(dir.path, { streams: 1, entries: 6, objects: 1 });
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
  const originals = new Map(files.map((file) => [file, readFileSync(join(path, file))]));
  const kinds = Object.keys(MUTATIONS_OF_BYTES);
  const missed: string[] = [];
  let made = 0;
  while (made < MUTATIONS) {
    const file = files[within(next, files.length)] ?? "";
    const kind = kinds[within(next, kinds.length)] ?? "";
    const original = originals.get(file) ?? Buffer.alloc(0);
    const mutated = MUTATIONS_OF_BYTES[kind]?.(original, next);
    if (mutated === undefined || mutated.equals(original)) continue;
    made += 1;
    writeFileSync(join(path, file), mutated);
    if ((await verifySnapshot(path)).sound) missed.push(`seed ${seed}: ${kind} of ${file}`);
    writeFileSync(join(path, file), original);
  }
  expect(missed).toEqual([]);
  expect((await verifySnapshot(path)).flaws).toEqual([]);
}, 240_000);

test("every file that is removed, renamed, or swapped with another is missed", async () => {
  using dir = scratch();
  const path = await smallSnapshot(dir.path);
  const outside = mkdtempSync(join(tmpdir(), "contextcore-swap-"));
  const files = [
    "manifest.json",
    "blocks.jsonl",
    "logs.json",
    "traces.json",
    "metrics.json",
    "logs/objects/object-0.json",
  ];
  const sound = async () => (await verifySnapshot(path, { depth: "sizes" })).sound;
  for (const a of files) {
    renameSync(join(path, a), join(outside, "a"));
    expect([a, await sound()]).toEqual([a, false]);
    renameSync(join(outside, "a"), join(path, `${a}.renamed`));
    expect([a, await sound()]).toEqual([a, false]);
    renameSync(join(path, `${a}.renamed`), join(path, a));
    for (const b of files.filter((one) => one !== a)) {
      swap(join(path, a), join(path, b));
      expect([a, b, (await verifySnapshot(path)).sound]).toEqual([a, b, false]);
      swap(join(path, a), join(path, b));
    }
  }
  swap(join(path, "logs/objects/object-0.json"), join(path, "logs/objects/object-1.json"));
  expect((await verifySnapshot(path)).sound).toBe(false);
  rmSync(outside, { recursive: true });
}, 60_000);

function swap(a: string, b: string): void {
  const [first, second] = [readFileSync(a), readFileSync(b)];
  writeFileSync(a, second);
  writeFileSync(b, first);
}

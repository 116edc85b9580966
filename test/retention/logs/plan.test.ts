/** Nothing goes early and nothing stays late, by the level of its name or of its lines. */
import { expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { planLogs } from "../../../src/retention/logs/plan.ts";
import { logPolicy } from "../../../src/retention/logs/policy.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const DAY_MS = 86_400_000;
const LEVELS = { debug: "7d", info: "30d", warning: "90d", error: "365d" } as const;
const DAYS = { debug: 7, info: 30, warning: 90, error: 365 } as const;
type Level = keyof typeof DAYS;
const ALL = Object.keys(DAYS) as Level[];

const NOTHING_OPEN = { has: () => false, isPartial: false };
const NOW = Date.UTC(2026, 6, 1);

function place(directory: string, name: string, bytes: Uint8Array, changedMs: number): void {
  writeFileSync(join(directory, name), bytes);
  utimesSync(join(directory, name), changedMs / 1_000, changedMs / 1_000);
}

const removedAt = async (directory: string, now: number): Promise<string[]> =>
  (await planLogs(directory, { policy: logPolicy(LEVELS), open: NOTHING_OPEN, now, signal: NEVER })).items
    .filter(({ action }) => action === "remove")
    .map(({ file }) => file);

const linesOf = (levels: readonly Level[]): Buffer =>
  Buffer.from(levels.map((level) => `${level.toUpperCase()} something\n`).join("") || "no level\n");

const CODINGS = {
  "": (bytes: Buffer) => bytes,
  ".gz": (bytes: Buffer) => gzipSync(bytes),
  ".zst": (bytes: Buffer) => Bun.zstdCompressSync(bytes),
} as const;

test("each goes on the day after its time, and not before", () =>
  fc.assert(
    fc.asyncProperty(
      fc.subarray(ALL),
      fc.option(fc.constantFrom(...ALL), { nil: undefined }),
      fc.constantFrom(...(Object.keys(CODINGS) as (keyof typeof CODINGS)[])),
      async (lines, named, coding) => {
        const directory = temporaryDirectory();
        const name = `app${named === undefined ? "" : `.${named}`}.log.3${coding}`;
        place(directory, name, CODINGS[coding](linesOf(lines)), NOW);
        const said = named === undefined ? lines : [named];
        const days = said.length === 0 ? DAYS.error : Math.max(...said.map((level) => DAYS[level]));
        expect(await removedAt(directory, NOW + days * DAY_MS)).toEqual([]);
        expect(await removedAt(directory, NOW + days * DAY_MS + 1_000)).toEqual([name]);
      },
    ),
    { numRuns: 60 },
  ));

test("what is damaged, or nobody here can read, is kept as long as any", async () => {
  const directory = temporaryDirectory();
  const whole = Bun.zstdCompressSync(linesOf(["info"]));
  place(directory, "cut.log.1.zst", whole.subarray(0, whole.length - 3), NOW);
  place(directory, "ending.log.1.zst", Buffer.concat([whole, Buffer.from("end")]), NOW);
  place(directory, "half.log.1.gz", gzipSync(linesOf(["info"])).subarray(0, -3), NOW);
  place(directory, "odd.log.1.xz", Buffer.from("xz"), NOW);
  const all = ["cut.log.1.zst", "ending.log.1.zst", "half.log.1.gz", "odd.log.1.xz"];
  expect(await removedAt(directory, NOW + 364 * DAY_MS)).toEqual([]);
  expect(await removedAt(directory, NOW + 366 * DAY_MS)).toEqual(all);
});

test("a file of the future does not go", async () => {
  const directory = temporaryDirectory();
  place(directory, "app.log.1", linesOf(["debug"]), NOW + 400 * DAY_MS);
  const { items } = await planLogs(directory, {
    ...{ policy: logPolicy(LEVELS), open: NOTHING_OPEN, now: NOW, signal: NEVER },
  });
  expect(items).toEqual([]);
});

test("what was just written to is left, and longer where it is not known what others have open", async () => {
  const directory = temporaryDirectory();
  place(directory, "app.log.1", linesOf(["info"]), NOW);
  const at = async (hours: number, isPartial: boolean) => {
    const open = { has: () => false, isPartial };
    const rules = { policy: logPolicy(LEVELS), open, now: NOW + hours * 3_600_000, signal: NEVER };
    return (await planLogs(directory, rules)).items.length;
  };
  expect([await at(0.5, false), await at(2, false), await at(2, true), await at(25, true)]).toEqual([
    0, 1, 0, 1,
  ]);
});

test("several frames, such as those of a log that was compressed piece by piece, are read to their end", async () => {
  const directory = temporaryDirectory();
  const frames = [linesOf(["info"]), linesOf([]), linesOf(["warning"])].map((one) =>
    Bun.zstdCompressSync(one),
  );
  place(directory, "app.log.1.zst", Buffer.concat(frames), NOW);
  expect(await removedAt(directory, NOW + 89 * DAY_MS)).toEqual([]);
  expect(await removedAt(directory, NOW + 91 * DAY_MS)).toEqual(["app.log.1.zst"]);
});

test("a small file that would become very large is kept as long as any, in bounded memory and time", async () => {
  const directory = temporaryDirectory();
  const zeros = Buffer.alloc(64 << 20);
  place(directory, "bomb.log.1.zst", Buffer.concat(Array(20).fill(Bun.zstdCompressSync(zeros))), NOW);
  const wide = zstdCompressSync(Buffer.alloc(256 << 20, "INFO wide\n"), {
    params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
  });
  place(directory, "wide.log.1.zst", wide, NOW);
  expect(await removedAt(directory, NOW + 40 * DAY_MS)).toEqual([]);
});

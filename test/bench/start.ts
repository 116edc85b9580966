/**
 * Start-up time and memory of the program, as built for development and as released: each released build that this
 * machine can run by itself is compiled with the release's own flags.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { runnerOf, TARGETS } from "../../scripts/release/targets.ts";
import { BINARY, type Measured, measure, median } from "./run.ts";

const RUNS = 11;

type Row = (what: string, measured: string, budget: string) => void;

/** @param directory an empty one, in which there is no configuration */
export async function benchStart(directory: string, row: Row): Promise<void> {
  await benchProgram("dist/contextcore", BINARY, directory, row);
  for (const { path, file } of releasedHere(directory)) await benchProgram(file, path, directory, row);
}

/** What a person waits for at the least: the version, the help, and a command that reads the configuration. */
async function benchProgram(name: string, program: string, directory: string, row: Row): Promise<void> {
  row(`${name}, size`, `${(Bun.file(program).size / 1e6).toFixed(1)} MB`, "");
  for (const [args, budget] of [
    [["--version"], "30 ms, 50 MB"],
    [["help"], ""],
    [["config", "check"], ""],
  ] as const) {
    const runs: Measured[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await measure(args, { cwd: directory, program }));
    const wall = median(runs.map((one) => one.wall * 1000));
    const memory = median(runs.map((one) => one.memory));
    row(
      `${name} ${args.join(" ")}`,
      `${wall.toFixed(0)} ms, ${(memory / 1e6).toFixed(0)} MB resident`,
      budget,
    );
  }
}

function releasedHere(directory: string): { path: string; file: string }[] {
  const folder = join(directory, "released");
  mkdirSync(folder);
  return TARGETS.filter((target) => runnerOf(target)?.length === 0).map((target) => {
    const path = join(folder, target.file);
    build(path, target.bun);
    return { path, file: target.file };
  });
}

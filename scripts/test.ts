/**
 * `bun run test [--all] [FOLDER…]`: format, lint, types, then the tests; those in `*.long.test.ts` only with `--all`, as CI calls it.
 * Its last line is `N passed, N failed`; its exit code is 0 only when nothing failed and something ran.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const scratch = mkdtempSync(join(tmpdir(), "contextcore-tests-"));

async function run(name: string, command: readonly string[]): Promise<number> {
  console.log(`\n── ${name}: ${command.join(" ")}`);
  const child = Bun.spawn([...command], { stdio: ["ignore", "inherit", "inherit"] });
  return child.exited;
}

async function check(name: string, command: readonly string[]): Promise<Tally> {
  const code = await run(name, command);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Most tests wait for programs that they have started: more processes than this would only make each of them late. */
const PROCESSES = Math.min(availableParallelism(), 4);

/**
 * Runs the test files in several processes, each of which keeps the servers that it has started for the files that follow.
 * Counts from the JUnit report: a crash that leaves none is a failure.
 */
async function suite(name: string, args: readonly string[]): Promise<Tally> {
  const report = join(scratch, `${name}.xml`);
  const code = await run(name, [
    process.execPath,
    "test",
    `--parallel=${PROCESSES}`,
    "--no-isolate",
    // Where a file says nothing else: two cores are shared, and what takes long is not wrong.
    "--timeout=60000",
    ...args,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ]);
  const tally = readReport(report);
  return code === 0 || tally.failed > 0 ? tally : { ...tally, failed: tally.failed + 1 };
}

/** A test that was skipped counts as failed: nothing may be left out silently. */
function readReport(path: string): Tally {
  let head: string;
  try {
    head = /<testsuites\b[^>]*>/.exec(readFileSync(path, "utf8"))?.[0] ?? "";
  } catch {
    return { passed: 0, failed: 0 };
  }
  const number = (attribute: string): number =>
    Number(new RegExp(`\\b${attribute}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number("failures") + number("errors") + number("skipped");
  return { passed: number("tests") - failed, failed };
}

const [isAll, folders] = [
  process.argv.includes("--all"),
  process.argv.slice(2).filter((one) => one !== "--all"),
];
const left = isAll || folders.length > 0 ? [] : ["--path-ignore-patterns=**/*.long.test.ts"];
const tallies = [
  ...(folders.length > 0
    ? []
    : [
        await check("format and lint", ["biome", "ci", "."]),
        await check("types", ["tsc"]),
        await check("types of the page", ["tsc", "-p", "web"]),
      ]),
  // Before the tests, because each of their processes would build it.
  await check("build", [process.execPath, "scripts/build.ts"]),
  await suite("tests", [...left, ...folders]),
];
rmSync(scratch, { recursive: true, force: true });
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`\n${passed} passed, ${failed} failed`);

/**
 * `bun run bench [--quick] [--start] [--fixed] [--lines N] [--samples N] [--spans N]`: prints numbers beside their budgets;
 * `--start` only those of starting, `--fixed` only what an export of nothing costs. Not a test: machines differ, so compare ratios of one run.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { benchFixed } from "./fixed.ts";
import { measure } from "./run.ts";
import { benchStart } from "./start.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    start: { type: "boolean", default: false },
    fixed: { type: "boolean", default: false },
    lines: { type: "string" },
    samples: { type: "string" },
    spans: { type: "string" },
  },
});
const scale = values.quick ? 0.02 : 1;
const size = (given: string | undefined, full: number): number => Number(given ?? full * scale);
const amounts = {
  lines: size(values.lines, 5_000_000),
  samples: size(values.samples, 20_000_000),
  spans: size(values.spans, 200_000),
};

const directory = await mkdtemp(join(tmpdir(), "contextcore-bench-"));
const row = (what: string, measured: string, budget: string): void =>
  console.log(`${what.padEnd(34)}${measured.padStart(44)}   ${budget}`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

async function startServer(amountsOfIt: Record<string, number>) {
  const args = Object.entries(amountsOfIt).flatMap(([name, amount]) => [
    `--${name}`,
    String(Math.ceil(amount)),
  ]);
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, "server.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const piece of child.stdout) {
    return {
      urls: JSON.parse(new TextDecoder().decode(piece)) as Record<string, string>,
      stop: () => child.kill(),
    };
  }
  throw new Error("the lab did not start");
}

interface Exported {
  readonly snapshot: { readonly path: string };
  readonly backends: readonly {
    readonly backend: string;
    readonly counts: Record<string, number>;
    readonly bytes: number;
  }[];
}

async function benchExport(
  plugin: string,
  unit: string,
  budget: string,
  urls: Record<string, string>,
): Promise<string> {
  const env = { [`CONTEXTCORE_${plugin.toUpperCase()}_URL`]: urls[plugin] ?? "" };
  const args = ["export", "-t", "5h", "--plugin", plugin, "-o", join(directory, plugin), "--json"];
  const run = await measure(args, { cwd: directory, env, accept: [3] });
  const { snapshot, backends }: Exported = JSON.parse(run.stdout);
  const [{ counts = {}, bytes = 0 } = {}] = backends;
  const count = counts[unit] ?? 0;
  const rate = `${Math.round(count / run.wall).toLocaleString("en")} ${unit}/s`;
  const each = `${((run.cpu / count) * 1e6).toFixed(2)} µs CPU each`;
  row(`export ${count.toLocaleString("en")} ${unit}`, `${rate}, ${each}`, budget);
  row(
    "",
    `${megabytes(run.memory)} resident, ${megabytes(bytes)} written in ${run.wall.toFixed(1)} s`,
    "150 MB beside the start's 45",
  );
  return snapshot.path;
}

async function benchVerify(path: string): Promise<void> {
  const bytes = (JSON.parse(await Bun.file(join(path, "manifest.json")).text()) as { bytes: number }).bytes;
  const run = await measure(["verify", path, "--json"], { cwd: directory, accept: [3] });
  const rate = `${(bytes / 1e6 / run.wall).toFixed(0)} MB/s`;
  row("verify, every line parsed", `${rate}, ${megabytes(run.memory)} resident`, "150 MB/s, 150 MB");
  const script = resolve(import.meta.dir, "checksums.ts");
  const checksums = (await Bun.$`${process.execPath} ${script} ${path}`.text()).trim();
  row("verify, checksums alone", `${checksums} MB/s`, "400 MB/s");
}

/** Looks for somebody who is nowhere in it: all of it is read, and nothing parsed. */
async function benchFind(path: string): Promise<void> {
  const bytes = (JSON.parse(await Bun.file(join(path, "manifest.json")).text()) as { bytes: number }).bytes;
  const file = join(directory, "identifier.txt");
  await Bun.write(file, "ann-7781@example.com\n");
  const env = { CONTEXTCORE_BACKUPS: dirname(path) };
  const run = await measure(["subject", "find", file, "--json"], { cwd: directory, env });
  const rate = `${(bytes / 1e6 / run.cpu).toFixed(0)} MB/s of CPU, ${run.wall.toFixed(1)} s`;
  row("subject find", `${rate}, ${megabytes(run.memory)} resident`, "300 MB/s, 150 MB beside the start's 45");
}

/** Puts it back into an empty lab, which takes most of the time. */
async function benchRestore(plugin: string, unit: string, path: string): Promise<void> {
  const { urls, stop } = await startServer({});
  try {
    const env = {
      [`CONTEXTCORE_${plugin.toUpperCase()}_URL`]: urls[plugin] ?? "",
      CONTEXTCORE_TEMPO_OTLP_URL: urls.otlp ?? "",
    };
    const args = ["restore", path, "--plugin", plugin, "--yes", "--json"];
    const run = await measure(args, { cwd: directory, env });
    const report: { backends: { written: Record<string, number> }[] } = JSON.parse(run.stdout);
    const count = report.backends[0]?.written[unit] ?? 0;
    const rate = `${Math.round(count / run.wall).toLocaleString("en")} ${unit}/s`;
    const each = `${((run.cpu / count) * 1e6).toFixed(2)} µs CPU each`;
    row(`restore ${count.toLocaleString("en")} ${unit}`, `${rate}, ${each}`, "");
    row("", `${megabytes(run.memory)} resident`, "150 MB beside the start's 45");
  } finally {
    stop();
  }
}

async function benchNothing(): Promise<void> {
  const { urls, stop } = await startServer({});
  try {
    await benchFixed(directory, urls, row);
  } finally {
    stop();
  }
}

async function benchWork(): Promise<void> {
  const server = await startServer(amounts);
  try {
    for (const [plugin, unit, budget] of [
      ["loki", "entries", "3 µs"],
      ["mimir", "samples", "3,000,000/s of CPU (0.33 µs)"],
      ["tempo", "spans", "20,000/s of CPU (50 µs)"],
    ] as const) {
      const path = await benchExport(plugin, unit, budget, server.urls);
      await benchVerify(path);
      await benchFind(path);
      await benchRestore(plugin, unit, path);
      await rm(path, { recursive: true });
    }
  } finally {
    server.stop();
  }
}

console.log(`${"what".padEnd(34)}${"measured".padStart(44)}   budget`);
try {
  if (!values.fixed) await benchStart(directory, row);
  if (!values.start) await benchNothing();
  if (!values.start && !values.fixed) await benchWork();
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** A stack that lives through many days in one test: its servers' clock is moved, and each night an increment is saved. */
import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { doubleBits } from "../../plugins/mimir/chunk/histogram-layout.ts";
import {
  formatManifest,
  type Manifest,
  type Parent,
  parseManifest,
} from "../../src/snapshot/format/manifest.ts";
import { sender } from "../lab/grafana/seed.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { bulkTraces } from "../lab/tempo/bulk.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { printedIn } from "../support/printed.ts";

const MS = 1_000_000n;
export const HOUR = 3_600_000n * MS;
export const DAY = 24n * HOUR;
export const iso = (ns: bigint): string => new Date(Number(ns / MS)).toISOString();

export interface Nights {
  readonly cwd: string;
  readonly full: Lab;
  /** Now, by the servers. */
  now(): bigint;
  /** A day goes by: everything that happens on it arrives, and a little of the day before comes late. */
  day(): Promise<void>;
  /** A day goes by and its night is saved. @returns the snapshot's name */
  night(...args: string[]): Promise<string>;
  /** An empty stack with the same clock, which takes old data. */
  another(): Promise<Lab>;
  on(lab: Lab, ...args: string[]): Promise<Finished>;
  envFor(lab: Lab): Record<string, string>;
  /** The names of the kept snapshots. */
  kept(): string[];
  /** Makes a manifest say something else, as if it had been written so. */
  rewrite(name: string, change: (manifest: Manifest) => Manifest): Promise<void>;
  stop(): Promise<void>;
}

/** Loki's lines, Mimir's samples, Tempo's traces and Grafana's dashboards and annotations, a few of each a day. */
export async function startNights(): Promise<Nights> {
  const cwd = temporaryDirectory();
  const labs: Lab[] = [];
  let clock = ((BigInt(Date.now()) * MS) / DAY) * DAY - 40n * DAY;
  let days = 0;
  const start = async (): Promise<Lab> => {
    const lab = await startLab({ empty: true, now: () => clock });
    const { loki, tempo } = lab.faces;
    Object.assign(loki.limits, { retention_period: "2000h", reject_old_samples: false });
    Object.assign(tempo.knobs, { blockRetention: 100n * DAY, ingestionSlack: 100n * DAY });
    labs.push(lab);
    return lab;
  };
  const full = await start();
  const envFor = (lab: Lab) => ({ ...cleanEnv(cwd), ...urlsOf(lab) });
  const on = (lab: Lab, ...args: string[]) => run(args, { cwd, env: envFor(lab) });
  const nights: Nights = {
    cwd,
    full,
    now: () => clock,
    envFor,
    on,
    async day() {
      const from = clock;
      clock += DAY;
      days += 1;
      await happen(full, from, days);
    },
    async night(...args) {
      await nights.day();
      const done = await on(full, "export", "--since-last", "--json", ...args);
      expect(done.exitCode, done.stdout + done.stderr).toBe(0);
      return JSON.parse(done.stdout).snapshot.name;
    },
    another: start,
    kept: () => readdirSync(join(cwd, "backups")).filter((name) => /^\d/.test(name)),
    async rewrite(name, change) {
      const file = join(cwd, "backups", name, "manifest.json");
      await Bun.write(file, formatManifest(change(parseManifest(await Bun.file(file).text(), file))).text);
    },
    stop: async () => void (await Promise.all(labs.map((lab) => lab.stop()))),
  };
  return nights;
}

/** What it printed with `--json`. */
export const printed = ({ stdout }: Finished) => printedIn(stdout);

/** The names of the snapshots of a chain. */
export const namesIn = ({
  snapshots,
}: {
  readonly snapshots: readonly { readonly name: string }[];
}): string[] => snapshots.map(({ name }) => name);

/** As an older program wrote it: nothing says what it continues. */
export const withoutParents = (manifest: Manifest): Manifest => ({
  ...manifest,
  plugins: manifest.plugins.map(({ parent: _, tenant: __, ...plugin }) => plugin),
});

/** The parent of one backend in a manifest. */
export const parentIn = ({ plugins }: Manifest, backend: string): Parent | null | undefined =>
  plugins.find(({ name }) => name === backend)?.parent;

const STEP = HOUR;

async function happen({ faces }: Lab, from: bigint, day: number): Promise<void> {
  const times = Array.from({ length: 24 }, (_, hour) => from + BigInt(hour) * STEP + HOUR / 4n);
  const lines = times.map((time, at) => ({ time, line: `day ${day} hour ${at}`, metadata: [] }));
  // Half an hour before the last night was saved, and told only now.
  const late = { time: from - HOUR / 2n, line: `late on day ${day}`, metadata: [] };
  const pushed = faces.loki.push([
    { labels: [["app", "shop"]], entries: lines },
    { labels: [["app", `late-${day % 3}`]], entries: [late] },
  ]);
  if (pushed.status >= 300) throw new Error(pushed.text);
  for (const job of ["api", "web"]) {
    const labels = [
      ["__name__", "up"],
      ["job", job],
    ] as const;
    const points = times.map((time, at) => ({
      time: Number(time / MS),
      bits: doubleBits(at === 7 ? -0 : day + at / 10),
    }));
    faces.mimir.put([{ labels: labels.map(([name, value]) => [name, value]), points }]);
  }
  faces.tempo.add(
    bulkTraces({ traces: 6, first: day * 6, spansPerTrace: 3, from: from + HOUR / 3n, to: from + DAY }),
  );
  const send = sender(faces.grafana);
  await send("POST", "/api/dashboards/db", {
    dashboard: { uid: `day-${day}`, title: `Day ${day}` },
    overwrite: true,
  });
  await send("POST", "/api/annotations", { time: Number((from + HOUR) / MS), text: `deploy ${day}` });
}

const urlsOf = ({ urls }: Lab): Record<string, string> => ({
  CONTEXTCORE_TEMPO_URL: urls.tempo,
  CONTEXTCORE_TEMPO_OTLP_URL: urls.otlp,
  CONTEXTCORE_MIMIR_URL: urls.mimir,
  CONTEXTCORE_LOKI_URL: urls.loki,
  CONTEXTCORE_GRAFANA_URL: urls.grafana,
});

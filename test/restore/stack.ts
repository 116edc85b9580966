/** Two labs, one full and one empty, and the program run against either. */
import { expect } from "bun:test";
import { type Lab, type LabOptions, startLab } from "../lab/lab.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const HOUR = 3_600_000_000_000n;
const iso = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString();

/** The backends whose data has a time line. */
export const TIMED = ["--plugin", "tempo", "--plugin", "mimir", "--plugin", "loki"];

export interface Stacks {
  readonly cwd: string;
  readonly full: Lab;
  readonly empty: Lab;
  /** Another empty lab with the same clock. */
  another(options?: LabOptions): Promise<Lab>;
  envFor(lab: Lab): Record<string, string>;
  on(lab: Lab, ...args: string[]): Promise<Finished>;
  /** The path of a complete snapshot of the last 26 hours. */
  exported(lab: Lab, directory: string, only: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startStacks(): Promise<Stacks> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const cwd = temporaryDirectory();
  const started: Lab[] = [];
  const start = async (options: LabOptions): Promise<Lab> => {
    const lab = await startLab({ ...options, now: () => now });
    started.push(lab);
    return lab;
  };
  const on = (lab: Lab, ...args: string[]): Promise<Finished> => run(args, { cwd, env: urlsOf(lab) });
  return {
    cwd,
    full: await start({}),
    empty: await start({ empty: true }),
    another: (options) => start({ empty: true, ...options }),
    envFor: (lab) => ({ ...cleanEnv(cwd), ...urlsOf(lab) }),
    on,
    async exported(lab, directory, only) {
      const range = ["--from", iso(now - 26n * HOUR), "--to", iso(now)];
      const done = await on(lab, "export", ...range, ...only, "-o", directory, "--json");
      expect(done.exitCode, done.stdout + done.stderr).toBe(0);
      return JSON.parse(done.stdout).snapshot.path;
    },
    stop: async () => void (await Promise.all(started.map((lab) => lab.stop()))),
  };
}

const urlsOf = ({ urls }: Lab): Record<string, string> => ({
  CONTEXTCORE_TEMPO_URL: urls.tempo,
  CONTEXTCORE_TEMPO_OTLP_URL: urls.otlp,
  CONTEXTCORE_MIMIR_URL: urls.mimir,
  CONTEXTCORE_LOKI_URL: urls.loki,
  CONTEXTCORE_GRAFANA_URL: urls.grafana,
});

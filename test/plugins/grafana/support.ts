/** A lab's Grafana over real HTTP, the plugin opened as a command opens it, and whole exports and restores of it. */
import { setDefaultTimeout } from "bun:test";
import {
  type Counts,
  type Cursor,
  lineRecords,
  type Problem,
  type Range,
  type RestoreAnswer,
} from "contextcore";
import grafana from "../../../plugins/grafana/index.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Backend, ExportRequest, Plugin } from "../../../src/contract/contract.ts";
import type { OpenBackend } from "../../../src/host/open.ts";
import { openBackend } from "../../../src/host/opening.ts";
import {
  createGrafana,
  type GrafanaFace,
  type GrafanaOptions,
  seedGrafana,
} from "../../lab/grafana/index.ts";

/** A machine that is busy with other tests is slow, not wrong. */
setDefaultTimeout(30_000);

/** The clock of every Grafana here, ns. */
export const NOW = 1_770_000_000_000_000_000n;
const DAY = 86_400_000_000_000n;
export const WEEK: Range = { from: NOW - 7n * DAY, to: NOW + DAY };
export const NEVER = new AbortController().signal;

export interface RunningGrafana extends AsyncDisposable {
  readonly face: GrafanaFace;
  readonly url: string;
  /** The method and path of every call so far. */
  readonly calls: readonly string[];
  /** Answers instead of the face until it is taken away again. */
  intercept: ((request: Request) => Response | Promise<Response> | undefined) | undefined;
}

export async function startGrafana(
  options: Partial<GrafanaOptions> & { readonly seed?: number } = {},
): Promise<RunningGrafana> {
  const { seed, ...rest } = options;
  const face = createGrafana({ now: () => NOW, ...rest });
  if (seed !== undefined) await seedGrafana(face, { seed, now: NOW });
  const calls: string[] = [];
  const running: Pick<RunningGrafana, "intercept"> = { intercept: undefined };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      calls.push(`${request.method} ${new URL(request.url).pathname}`);
      return running.intercept?.(request) ?? face.handle(request);
    },
  });
  return Object.assign(running, {
    face,
    calls,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: async () => void (await server.stop(true)),
  });
}

/** The plugin as a command opens it. */
export async function open(
  { url }: { url: string },
  options: Readonly<Record<string, unknown>> = {},
): Promise<OpenBackend> {
  const config = await loadConfig({ directory: "/", env: {} });
  const backends = { grafana: { enabled: true, options: { url, ...options } } };
  const plugin = grafana as unknown as Plugin;
  const loaded = { plugin, source: "built-in" };
  const [opened] = await openBackend(loaded, { ...config, backends }, { clock: () => NOW });
  if (opened === undefined) throw new Error("grafana has no backend");
  return opened;
}

export interface Exported {
  /** Texts by path; a data file's blocks one after the other. */
  readonly files: ReadonlyMap<string, string>;
  readonly counts: Counts;
  readonly problems: readonly Problem[];
  readonly notes: Readonly<Record<string, string>>;
  readonly cursors: readonly Cursor[];
}

/** Walks the whole tree of cursors; each cursor goes through JSON, as a checkpoint would store it. */
export async function exportAll(
  backend: Backend,
  request: ExportRequest = { range: WEEK },
): Promise<Exported> {
  const start = await backend.export.start(request, NEVER);
  const waiting = [...start.cursors];
  const files = new Map<string, string>();
  const counts: Record<string, number> = {};
  const problems: Problem[] = [...(start.problems ?? [])];
  const cursors: Cursor[] = [];
  const add = (unit: string, more: number): void => {
    counts[unit] = (counts[unit] ?? 0) + more;
  };
  for (let cursor = waiting.shift(); cursor !== undefined; cursor = waiting.shift()) {
    cursors.push(cursor);
    const stored: Cursor = JSON.parse(JSON.stringify(cursor));
    const step = await backend.export.step(stored, NEVER);
    for (const { path, text, unit } of step.objects ?? []) {
      if (files.has(path)) throw new Error(`${path} was written twice`);
      files.set(path, text);
      add(unit, 1);
    }
    for (const records of lineRecords(step)) {
      files.set(records.file, (files.get(records.file) ?? "") + String(records.text));
      for (const [unit, number] of Object.entries(records.counts)) add(unit, number);
    }
    problems.push(...(step.problems ?? []));
    waiting.push(...(step.next ?? []));
  }
  return { files, counts, problems, notes: start.notes ?? {}, cursors };
}

/** Puts everything back in the order that the plugin asks for. */
export async function restoreAll(
  { restore }: Backend,
  files: ReadonlyMap<string, string>,
  range: Range = WEEK,
): Promise<ReadonlyMap<string, RestoreAnswer>> {
  if (restore === undefined) throw new Error("grafana cannot restore");
  const rank = (path: string): number => restore.rank?.(path) ?? 0;
  const depth = (path: string): number => path.split("/").length;
  const sorted = [...files.keys()].sort(
    (a, b) => rank(a) - rank(b) || depth(a) - depth(b) || (a < b ? -1 : 1),
  );
  const answers = new Map<string, RestoreAnswer>();
  for (const file of sorted) {
    const lines = (files.get(file) ?? "").trimEnd().split("\n");
    answers.set(file, await restore.apply({ file, lines, range, labels: {} }, NEVER));
  }
  return answers;
}

/** The sum of what was written, was there, and was refused. */
export function tally(answers: ReadonlyMap<string, RestoreAnswer>) {
  const sum = (counts: Counts = {}): number => Object.values(counts).reduce((total, one) => total + one, 0);
  const all = [...answers.values()];
  return {
    written: all.reduce((total, one) => total + sum(one.written), 0),
    existing: all.reduce((total, one) => total + sum(one.existing), 0),
    differing: all.flatMap((one) => one.differing ?? []),
    rejected: all.flatMap((one) => one.rejected ?? []),
    problems: all.flatMap((one) => one.problems ?? []),
  };
}

/** The error that work ends with. */
export const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );

/**
 * The lab: the stack's look-alike. Four servers and the OTLP entry, in memory, on loopback, with faults on demand.
 * Tests start it in their own process; `bun run lab` starts it as a program.
 */
import * as v from "valibot";
import { createFaults, type Faults, faultSchema, type Handle } from "../../src/conformance/faults.ts";
import { type Served, serveAsSent } from "./as-sent.ts";
import type { Face } from "./face.ts";
import { createGrafana, seedGrafana } from "./grafana/index.ts";
import { createLoki, seedLoki } from "./loki/index.ts";
import { createMimir, seedMimir } from "./mimir/index.ts";
import { createTempo, seedTempo } from "./tempo/index.ts";

export const SERVERS = ["tempo", "mimir", "loki", "grafana", "otlp"] as const;
export type ServerName = (typeof SERVERS)[number];

export interface LabOptions {
  /** Without sample data. */
  readonly empty?: boolean;
  readonly seed?: number;
  /** The servers' clock, ns, which dates their answers too; default the real one. */
  readonly now?: () => bigint;
  /** Ports to use instead of free ones. */
  readonly ports?: Partial<Record<ServerName, number>>;
}

export interface Lab {
  readonly urls: Readonly<Record<ServerName, string>>;
  readonly faults: Readonly<Record<ServerName, Faults>>;
  readonly faces: ReturnType<typeof createFaces>;
  stop(): Promise<void>;
}

/** Starts all five servers on 127.0.0.1; ready when it resolves. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const now = options.now ?? (() => BigInt(Date.now()) * 1_000_000n);
  const faces = createFaces(now);
  if (!options.empty) await seed(faces, { seed: options.seed ?? 1, now: now() });
  const handlers: Record<ServerName, Face> = { ...faces, otlp: faces.tempo.otlp };
  const started = await Promise.all(
    SERVERS.map(async (name) => ({
      name,
      ...(await serve(handlers[name], SERVED[name], options.ports?.[name] ?? 0, options.now)),
    })),
  );
  return {
    faces,
    urls: byName(started, ({ server }) => `http://127.0.0.1:${server.port}`),
    faults: byName(started, ({ faults }) => faults),
    stop: async () => void (await Promise.all(started.map(({ server }) => server.stop()))),
  };
}

const createFaces = (now: () => bigint) => ({
  tempo: createTempo({ now }),
  mimir: createMimir({ now }),
  loki: createLoki({ now }),
  grafana: createGrafana({ now }),
});

async function seed(
  faces: ReturnType<typeof createFaces>,
  story: { seed: number; now: bigint },
): Promise<void> {
  await Promise.all([
    seedTempo(faces.tempo, story),
    seedMimir(faces.mimir, story),
    seedLoki(faces.loki, story),
    seedGrafana(faces.grafana, story),
  ]);
}

type Serve = (handle: Handle, port: number) => Promise<Served>;

const serveFast: Serve = async (handle, port) => {
  const server = Bun.serve({ hostname: "127.0.0.1", port, idleTimeout: 0, fetch: handle });
  return { port: server.port ?? port, stop: () => server.stop(true) };
};

/** Grafana has names in its paths that may be `.`; the others answer too much for the slower way. */
const SERVED: Readonly<Record<ServerName, Serve>> = {
  tempo: serveFast,
  mimir: serveFast,
  loki: serveFast,
  grafana: serveAsSent,
  otlp: serveFast,
};

async function serve(face: Face, start: Serve, port: number, clock: LabOptions["now"]) {
  const faults = createFaults();
  const answer = faults.around(async (request) => dated(await face.handle(request), clock));
  const handle: Handle = (request) =>
    new URL(request.url).pathname === "/-/faults" ? changeFaults(faults, request) : answer(request);
  return { server: await start(handle, port), faults };
}

function dated(answer: Response, clock: LabOptions["now"]): Response {
  if (clock !== undefined) answer.headers.set("Date", new Date(Number(clock() / 1_000_000n)).toUTCString());
  return answer;
}

/** `POST /-/faults` with a fault as JSON adds it, `DELETE` clears all: the knobs for a lab that runs as a program. */
async function changeFaults(faults: Faults, request: Request): Promise<Response> {
  if (request.method === "DELETE") faults.clear();
  else faults.add(v.parse(faultSchema, await request.json()));
  return new Response(null, { status: 204 });
}

function byName<Item extends { name: ServerName }, Value>(
  items: readonly Item[],
  value: (item: Item) => Value,
) {
  return Object.fromEntries(items.map((item) => [item.name, value(item)])) as Record<ServerName, Value>;
}

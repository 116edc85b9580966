/** Audit events as log lines: few and constant labels, the event's own line, its time. */
import { type AuditRecord, fromRfc3339, PluginError, type Sink, v } from "contextcore";
import type { Api } from "./api.ts";
import { push } from "./push.ts";
import { quote } from "./selector.ts";

const APP = "contextcore";

export function createSink(api: Api, clock: () => bigint): Sink {
  return {
    /** A push of nothing is refused with words of its own, once everything before it was in order. */
    async probe(signal) {
      const request = { method: "POST", path: "/loki/api/v1/push", json: { streams: [] }, signal } as const;
      const answer = await api.send({ ...request, accept: [400, 422] });
      const text = await answer.text();
      if (answer.status === 204 || /at least one valid stream/.test(text)) return;
      throw new PluginError(
        "invalid",
        `loki: ${api.http.url} does not answer a push as Loki does: ${text.slice(0, 200)}`,
      );
    },
    async deliver(event, signal) {
      const refused = await send(api, event, fromRfc3339(event.timestamp), signal);
      if (refused === undefined) return;
      // An event that waited too long is too old for its stream. Its own time stands in the line.
      const late = /too far behind|too old/.test(refused);
      const still = late ? await send(api, event, clock(), signal) : refused;
      if (still !== undefined)
        throw new PluginError("refused", `loki: it refused an audit event: ${still.slice(0, 300)}`);
    },
    history: ({ project, limit }, signal) => history(api, { project, limit, now: clock() }, signal),
  };
}

function send(api: Api, event: AuditRecord, time: bigint, signal: AbortSignal): Promise<string | undefined> {
  const labels = { app: APP, operation: event.operation, outcome: event.outcome, host: event.host };
  return push(api, [{ labels, values: [[String(time), event.line]] }], signal);
}

/** Loki refuses queries over more than 30 days by default. */
const MONTH = 30n * 86_400n * 1_000_000_000n;
/** Every server gives so many at once. */
const PAGE_MAX = 5_000;
const SOON = 600_000_000_000n;

const event = v.object({ project: v.string(), seq: v.number(), hash: v.string() });

async function history(
  api: Api,
  { project, limit, now }: { project: string; limit: number; now: bigint },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = `{app="${APP}"} |= ${quote(`"project":${JSON.stringify(project)}`)}`;
  const range = { from: now + SOON - MONTH, to: now + SOON };
  const most = Math.min(limit, PAGE_MAX);
  const { streams } = await api.page({ query, range, limit: most, direction: "backward" }, signal);
  return streams
    .flatMap(({ values }) => values.flatMap(([, line]) => readEvent(line)))
    .filter((one) => one.project === project)
    .sort((a, b) => a.seq - b.seq)
    .map(({ hash }) => hash);
}

/** Anybody may write lines with our label. */
function readEvent(line: string): v.InferOutput<typeof event>[] {
  try {
    return [v.parse(event, JSON.parse(line))];
  } catch {
    return [];
  }
}

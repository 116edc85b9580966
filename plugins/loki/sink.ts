/** Audit events as log lines: few and constant labels, the event's own line, its time. */
import { type AuditRecord, fromRfc3339, PluginError, type Sink, v } from "contextcore";
import type { Api } from "./api.ts";
import { valuesOf } from "./page.ts";
import { quote } from "./selector.ts";

const APP = "contextcore";

export function createSink(api: Api, clock: () => bigint): Sink {
  return {
    /** A push of nothing is refused with words of its own, once everything before it was in order. */
    async probe(signal) {
      const refusal = await refusalOf(api, { streams: [] }, signal);
      if (refusal === undefined || /at least one valid stream/.test(refusal)) return;
      throw new PluginError("invalid", `loki: ${api.http.url} does not answer an empty push as Loki does`);
    },
    async deliver(event, signal) {
      const refusal = await refusalOf(api, pushOf(event, fromRfc3339(event.timestamp)), signal);
      if (refusal === undefined) return;
      // An event that waited too long is too old for its stream. Its own time stands in the line.
      const late = /too far behind|too old/.test(refusal);
      const still = late ? await refusalOf(api, pushOf(event, clock()), signal) : refusal;
      if (still !== undefined)
        throw new PluginError("invalid", `loki: it refused an audit event: ${reasonIn(still)}`);
    },
    history: (query, signal) => history(api, { ...query, now: clock() }, signal),
  };
}

function pushOf({ line, operation, outcome, host }: AuditRecord, time: bigint): unknown {
  const stream = { app: APP, operation, outcome, host };
  return { streams: [{ stream, values: [[String(time), line]] }] };
}

/** What the server says to a push that it does not take. */
async function refusalOf(api: Api, json: unknown, signal: AbortSignal): Promise<string | undefined> {
  const request = { method: "POST", path: "/loki/api/v1/push", json, signal, accept: [400, 422] } as const;
  const answer = await api.send(request);
  const text = await answer.text();
  if (answer.status === 204) return undefined;
  if (answer.status === 400 || answer.status === 422) return text;
  throw new PluginError("invalid", `loki: a push was answered ${answer.status}, where Loki answers 204`);
}

const REASONS =
  /max entry size '\d+' bytes exceeded|timestamp too (?:new|old)|too far behind|\d+ label names; limit \d+|label value too long/;

/** The words that are known to be Loki's, and no others: whatever stands before it may repeat our credentials. */
const reasonIn = (text: string): string => REASONS.exec(text)?.[0] ?? "in words that are not Loki's";

/** Loki refuses queries over more than 30 days by default. */
const MONTH = 30n * 86_400n * 1_000_000_000n;
/** Every server gives so many at once. */
const PAGE_MAX = 5_000;
const SOON = 600_000_000_000n;

const event = v.object({ project: v.string(), host: v.string(), seq: v.number(), hash: v.string() });

interface HistoryQuery {
  readonly project: string;
  /** Only what this host delivered: several may share a Loki, each with a trail of its own. */
  readonly host?: string;
  readonly limit: number;
  readonly now: bigint;
}

async function history(
  api: Api,
  { project, host, limit, now }: HistoryQuery,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ofHost = host === undefined ? "" : `,host=${quote(host)}`;
  const query = `{app="${APP}"${ofHost}} |= ${quote(`"project":${JSON.stringify(project)}`)}`;
  const range = { from: now + SOON - MONTH, to: now + SOON };
  const most = Math.min(limit, PAGE_MAX);
  const page = await api.page({ query, range, limit: most, direction: "backward" }, signal);
  return page.streams
    .flatMap((stream) => valuesOf(page, stream).flatMap(([, line]) => readEvent(line)))
    .filter((one) => one.project === project && (host === undefined || one.host === host))
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

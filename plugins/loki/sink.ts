/** Audit events as log lines: few, constant labels, the event's own line and its time. */
import {
  type AuditRecord,
  fromRfc3339,
  NS_PER_SECOND,
  PluginError,
  type Range,
  type Sink,
  v,
} from "contextcore";
import { type PushStream, sendPush } from "./restore/push.ts";
import type { Api } from "./server/api.ts";
import type { Border } from "./server/border.ts";
import { allowedPage, byParts, MONTH } from "./server/in-parts.ts";
import { valuesOf } from "./server/page.ts";
import { quote } from "./server/selector.ts";

const APP = "contextcore";

/**
 * The contract's sink over a Loki.
 * @param clock now, ns since the epoch: the time of an event that is too old for its stream
 */
export function createSink(api: Api, border: Border, clock: () => bigint): Sink {
  return {
    /** An empty push is refused with a specific text, once everything before it was in order. */
    async probe(signal) {
      const refusal = await refusalOf(api, [], signal);
      if (refusal === undefined || /at least one valid stream/.test(refusal)) return;
      throw new PluginError("invalid", `loki: ${api.http.url} does not answer an empty push as Loki does`);
    },
    async deliver(event, signal) {
      const refusal = await refusalOf(api, [streamOf(event, fromRfc3339(event.timestamp))], signal);
      if (refusal === undefined) return;
      // An event that waited too long is too old for its stream. Its own time is in the line.
      const late = /too far behind|too old/.test(refusal);
      const still = late ? await refusalOf(api, [streamOf(event, clock())], signal) : refusal;
      if (still !== undefined)
        throw new PluginError("invalid", `loki: an audit event was refused: ${reasonIn(still)}`);
    },
    history: (query, signal) => history(api, border, { ...query, now: clock() }, signal),
  };
}

const streamOf = ({ line, operation, outcome, host }: AuditRecord, time: bigint): PushStream => ({
  labels: { app: APP, operation, outcome, host },
  values: [[String(time), line]],
});

/** The server's reason for refusing a push. */
const refusalOf = (api: Api, streams: readonly PushStream[], signal: AbortSignal) =>
  sendPush(api.send, { streams, refusals: [400, 422], signal });

const REASONS =
  /max entry size '\d+' bytes exceeded|timestamp too (?:new|old)|too far behind|\d+ label names; limit \d+|label value too long/;

/** Only texts that are known to be Loki's: a proxy in front of it might repeat our credentials in its own. */
const reasonIn = (text: string): string =>
  REASONS.exec(text)?.[0] ?? "its answer is not one of Loki's, and is not shown";

/** No more are requested at once, whatever the server allows. */
const PAGE_MAX = 5_000;
/** How far another host's clock may be ahead. ns */
const SOON = 600n * NS_PER_SECOND;

const event = v.object({ project: v.string(), host: v.string(), seq: v.number(), hash: v.string() });

interface HistoryQuery {
  readonly project: string;
  /** Only events from this host: several may share a Loki, each with its own trail. */
  readonly host?: string;
  readonly limit: number;
  readonly now: bigint;
}

/** The newest of the last month; asks for fewer if the server returns fewer at once. */
async function history(
  api: Api,
  border: Border,
  { project, host, limit, now }: HistoryQuery,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ofHost = host === undefined ? "" : `,host=${quote(host)}`;
  const query = `{app="${APP}"${ofHost}} |= ${quote(`"project":${JSON.stringify(project)}`)}`;
  const newestIn = async (range: Range) => {
    const request = { query, range, limit: Math.min(limit, PAGE_MAX), direction: "backward" } as const;
    const { page } = await allowedPage(api, request, signal);
    return page.streams.flatMap((stream) => valuesOf(page, stream).flatMap(([, line]) => readEvent(line)));
  };
  const look = async (part: Range) => (await Array.fromAsync(border.looks(part, newestIn, signal))).flat();
  const found = await Array.fromAsync(byParts({ from: now + SOON - MONTH, to: now + SOON }, look));
  return [...new Map(found.flat().map((one) => [one.hash, one])).values()]
    .filter((one) => one.project === project && (host === undefined || one.host === host))
    .sort((a, b) => a.seq - b.seq)
    .slice(-limit)
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

/** `GET /querier/api/search`: what the live store has, piece by piece as it came; its statistics count no jobs. */
import { describe, type Found, joined, toJson, toProtobuf } from "./found.ts";
import { isWritten } from "./places.ts";
import { numberOf, spotsOf } from "./search.ts";
import type { Piece, TempoState } from "./state.ts";
import { parseTraceQl, setsOf } from "./traceql.ts";

const SECOND = 1_000_000_000n;

/** Everything where no range is asked for; otherwise what a search finds of exactly these times. */
export function searchLive(params: URLSearchParams, state: TempoState, request: Request): Response {
  if (!state.knobs.querier) return new Response("404 page not found\n", { status: 404 });
  const query = parseTraceQl(params.get("q") ?? "{}");
  const limit = numberOf(params, "limit") ?? 20;
  const shown = numberOf(params, "spss") ?? 3;
  const found = new Map<string, Found>();
  for (const piece of piecesIn(params, state)) {
    const sets = setsOf(query, [...spotsOf(piece.trace)]);
    if (sets.length === 0) continue;
    const one = describe({ trace: piece.trace, sets }, query, shown);
    const known = found.get(piece.trace.id);
    if (known !== undefined) found.set(piece.trace.id, joined(known, one));
    else if (found.size < limit) found.set(piece.trace.id, one);
  }
  const traces = [...found.values()].sort((a, b) => (a.startTimeUnixNano > b.startTimeUnixNano ? -1 : 1));
  if (request.headers.get("accept") === "application/protobuf") {
    return new Response(toProtobuf(traces), { headers: { "content-type": "application/protobuf" } });
  }
  return Response.json({ traces: traces.map(toJson), metrics: { inspectedBytes: "243951" } });
}

function* piecesIn(params: URLSearchParams, state: TempoState): Generator<Piece> {
  const [start, end] = ["start", "end"].map((name) => BigInt(params.get(name) ?? 0) * SECOND);
  const isAll = !start || !end;
  for (const [id, pieces] of state.pieces) {
    if (!isAll && state.unsearchable.has(id)) continue;
    for (const piece of pieces) {
      if (!isWritten(piece, state)) continue;
      if (isAll || (piece.trace.start <= end && piece.trace.end >= start)) yield piece;
    }
  }
}

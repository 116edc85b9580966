/** Tools as they ran, which is told apart from the run that asked for them: joined to its call. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Json } from "../../units/json.ts";
import { storedJson } from "./write.ts";

/** A tool that ran. */
export interface ToolRun {
  readonly traceId: string;
  /** Its own. */
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly callId?: string;
  readonly arguments?: Json;
  readonly result?: Json;
  readonly isError: boolean;
  /** ms since 1970. */
  readonly started: number;
  readonly ended: number;
}

/** Calls of the same trace that no tool has been joined to, asked for before it began; the newest run's first call first. */
const OPEN = `SELECT number FROM tool_calls JOIN runs ON runs.seq = run
  WHERE trace_id = ? AND runs.started <= ? AND span IS NULL AND`;
const FIRST = "ORDER BY runs.started DESC, number LIMIT 1";

/**
 * Joins tools to their calls, by the call's id, or else by the tool's name. Where a run did not say what it asked for, the call is
 * made of what the tool says. One that is there already changes nothing.
 * @returns how one is storedJson; false: no run is known that it belongs to
 */
export function createToolWriter(database: DatabaseSync): (tool: ToolRun) => boolean {
  const known = database.prepare(
    "SELECT 1 FROM tool_calls JOIN runs ON runs.seq = run WHERE trace_id = ? AND span = ? LIMIT 1",
  );
  const byId = database.prepare(`${OPEN} call_id = ? ${FIRST}`);
  const byNameAlone = database.prepare(`${OPEN} call_id IS NULL AND name = ? ${FIRST}`);
  const byName = database.prepare(`${OPEN} name = ? ${FIRST}`);
  const join =
    database.prepare(`UPDATE tool_calls SET span = ?, status = 'answered', failed = ?, called = ?, answered = ?,
    arguments = coalesce(arguments, ?), result = coalesce(?, result) WHERE number = ?`);
  const runOf = database.prepare(`SELECT seq FROM runs WHERE trace_id = ? AND started <= ?
    AND operation <> 'embeddings' ORDER BY span_id IS ? DESC, started DESC, seq DESC LIMIT 1`);
  const add =
    database.prepare(`INSERT INTO tool_calls (span, failed, called, answered, arguments, result, run, call_id, name, status)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'answered')`);

  return (tool) => {
    const { traceId, spanId, name, callId, started } = tool;
    if (known.get(traceId, spanId) !== undefined) return true;
    const said: SQLInputValue[] = [spanId, Number(tool.isError), started, tool.ended];
    const given = [storedJson(tool.arguments), storedJson(tool.result)];
    const call =
      callId === undefined
        ? byName.get(traceId, started, name)
        : (byId.get(traceId, started, callId) ?? byNameAlone.get(traceId, started, name));
    if (typeof call?.number === "number") {
      join.run(...said, ...given, call.number);
      return true;
    }
    const run = runOf.get(traceId, started, tool.parentId ?? null)?.seq;
    if (typeof run !== "number") return false;
    add.run(...said, ...given, run, callId ?? null, name);
    return true;
  };
}

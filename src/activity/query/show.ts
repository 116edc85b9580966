/** One run, with what was said in it. */
import type { DatabaseSync } from "node:sqlite";
import { readMessage } from "../database/messages.ts";
import type { Message } from "../format/run.ts";
import type { RunRow } from "./list.ts";

/** A tool that a run asked for. */
interface ToolCallRow {
  readonly call_id: string | null;
  readonly name: string;
  /** JSON. */
  readonly arguments: string | null;
  readonly result: string | null;
  readonly status: string;
  readonly called: number;
  readonly answered: number | null;
  /** The id of the run that brought the result. */
  readonly answered_by: string | null;
}

/** A run as a whole. */
export interface WholeRun {
  readonly run: RunRow;
  readonly input: readonly Message[];
  readonly output: readonly Message[];
  readonly toolCalls: readonly ToolCallRow[];
}

/** @param id or the beginning of it that no other run has @returns `undefined` when there is none, or more than one */
export function findRun(database: DatabaseSync, id: string): WholeRun | undefined {
  const found = database.prepare("SELECT * FROM runs WHERE id >= ? AND id < ? LIMIT 2").all(id, `${id}g`);
  const [run, another] = found as unknown as RunRow[];
  return run === undefined || another !== undefined ? undefined : createRunReader(database)(run);
}

/** What a conversation repeats with every request is unpacked once. Messages, and bytes of each */
const KNOWN = { messages: 200, bytes: 64 << 10 };

/**
 * Reads what belongs to runs.
 * @param database that stays open as long as this is used
 * @param isSaid false: messages are left out
 */
export function createRunReader(database: DatabaseSync, isSaid = true): (run: RunRow) => WholeRun {
  const said =
    database.prepare(`SELECT number, coding, body FROM run_messages JOIN messages ON number = message
    WHERE run = ? AND side = ? ORDER BY position`);
  const calls = database.prepare(`SELECT call_id, name, arguments, result,
    CASE WHEN failed THEN 'error' ELSE tool_calls.status END AS status, called, answered,
    (SELECT id FROM runs WHERE seq = answered_by) AS answered_by FROM tool_calls WHERE run = ? ORDER BY number`);
  const known = new Map<unknown, Message>();
  const message = ({ number, coding, body }: Readonly<Record<string, unknown>>): Message => {
    const before = known.get(number);
    if (before !== undefined) return before;
    const bytes = bytesOf(body);
    const read = readMessage({ coding: String(coding), body: bytes });
    if (known.size >= KNOWN.messages) known.clear();
    if (bytes.length <= KNOWN.bytes) known.set(number, read);
    return read;
  };
  const messages = (seq: number, side: string): Message[] => (isSaid ? said.all(seq, side).map(message) : []);
  return (run) => ({
    run,
    input: messages(run.seq, "input"),
    output: messages(run.seq, "output"),
    toolCalls: calls.all(run.seq) as unknown as ToolCallRow[],
  });
}

const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array(0));

/** Logs of runs to be saved: conversations with tools, spread over some days. */
import { join } from "node:path";
import type { SavedRun } from "../../../src/activity/format/run-record.ts";
import { openRunRecords } from "../../../src/activity/records/records.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const HOUR = 3_600_000;

/** An hour apart, the last one an hour ago. */
export function makeRuns(count: number, end = Math.floor(Date.now() / HOUR) * HOUR): SavedRun[] {
  return Array.from({ length: count }, (_, at) => runOf(at, end - (count - at) * HOUR));
}

const idOf = (at: number): string => `019f8a3c-0000-7000-8000-${at.toString(16).padStart(12, "0")}`;

const time = (ms: number): string => new Date(ms).toISOString();

/** Each second run brings the result of what the one before it asked for. */
function runOf(at: number, started: number): SavedRun {
  const isAnswer = at % 2 === 1;
  const call = { type: "tool_call" as const, id: `call_${at}`, name: "find_order", arguments: { order: at } };
  const earlier = { type: "tool_call_response" as const, id: `call_${at - 1}`, response: { state: "sent" } };
  return {
    recorded: time(started + 2_000),
    id: idOf(at),
    source: "relay",
    user: `user-${at % 7}`,
    entity: { type: "ticket", id: `${at % 11}` },
    conversation: `c${at >> 1}`,
    operation: "chat",
    modelAsked: "small",
    modelAnswered: "small-2026",
    status: "ok",
    started: time(started),
    firstChunk: time(started + 150),
    ended: time(started + 1_950),
    tokensInput: at,
    tokensOutput: 5,
    finishReason: isAnswer ? "stop" : "tool_calls",
    content: "redacted",
    redactions: 0,
    cutBytes: 0,
    input: [
      { role: "system", parts: [{ type: "text", text: "You are helpful. ".repeat(100) }] },
      {
        role: "user",
        parts: [
          { type: "text", text: `Where is order ${at}? Case k${at >> 1}, person${at % 5}@example.com` },
        ],
      },
      ...(isAnswer ? [{ role: "tool", parts: [earlier] }] : []),
    ],
    output: [
      { role: "assistant", parts: isAnswer ? [{ type: "text", text: "It was sent. \u{1F69A}" }] : [call] },
    ],
    toolCalls: isAnswer
      ? []
      : [
          {
            ...{ id: call.id, name: call.name, arguments: call.arguments, result: { state: "sent" } },
            ...{ status: "answered" as const, called: time(started + 1_950) },
            ...{ answered: time(started + HOUR), answeredBy: idOf(at + 1) },
          },
        ],
    ...(isAnswer && { answersTo: [{ run: idOf(at - 1), call: 0 }] }),
  };
}

/** Writes them into a log. @returns its path */
export function makeLog(runs: readonly SavedRun[], directory = temporaryDirectory()): string {
  const path = join(directory, "activity.db");
  using log = openRunRecords(path, "write");
  log.put(runs);
  return path;
}

/** Puts runs back as they were saved: those that are not there, and never in the place of another one. */
import type { DatabaseSync } from "node:sqlite";
import { canonicalJson } from "../../units/canonical-json.ts";
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import { answersIn } from "../content/tool-calls.ts";
import { createRunWriter } from "../database/write.ts";
import { type SavedRun, withoutSaid } from "../format/run-record.ts";
import { findRecord } from "./read.ts";

/** What became of one: an object says what differs in the run that has its id. */
export type PutOutcome = "written" | "existing" | { readonly differs: string };

/** Whoever calls it has a transaction open. @param database that stays open as long as this is used */
export function createRecordWriter(database: DatabaseSync): (record: SavedRun) => PutOutcome {
  const writer = createRunWriter(database);
  const seqOf = database.prepare("SELECT seq FROM runs WHERE id = ?");
  const call = database.prepare(`INSERT INTO tool_calls
    (run, call_id, name, arguments, result, status, failed, called, answered, answered_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT seq FROM runs WHERE id = ?))`);
  const called = database.prepare(
    "SELECT number, call_id FROM tool_calls WHERE run = (SELECT seq FROM runs WHERE id = ?) ORDER BY number LIMIT 1 OFFSET ?",
  );
  const answer =
    database.prepare(`UPDATE tool_calls SET status = 'answered', answered = coalesce(answered, ?),
    answered_by = ?, result = coalesce(result, ?) WHERE number = ? AND answered_by IS NULL`);

  const putCalls = (seq: number, { toolCalls }: SavedRun): void => {
    for (const { id, name, arguments: args, result, status, called: at, answered, answeredBy } of toolCalls)
      call.run(
        ...[seq, id ?? null, name, jsonText(args), jsonText(result)],
        ...[status === "called" ? status : "answered", Number(status === "error"), Date.parse(at)],
        ...[msOf(answered) ?? null, answeredBy ?? null],
      );
  };

  const forget = database.prepare("DELETE FROM tool_calls WHERE run = ?");

  /** Of the two the one that knows more of a call: of what is saved, it may be what came after the run was saved before. */
  const putLaterCalls = (record: SavedRun, { id, content, toolCalls: there }: SavedRun): void => {
    const { toolCalls } = content === "none" ? withoutSaid(record) : record;
    const later = toolCalls.filter(
      ({ status }, at) => isOpen(there[at]) && (there[at] === undefined || status !== "called"),
    );
    if (later.length === 0) return;
    const seq = Number(seqOf.get(id)?.seq);
    forget.run(seq);
    const longer = toolCalls.length > there.length ? toolCalls : there;
    const merged = longer.map((one, at) => (isOpen(there[at]) ? (toolCalls[at] ?? one) : (there[at] ?? one)));
    putCalls(seq, { ...record, toolCalls: merged });
  };

  /** What it answers may have been saved before the answer came, or is put back before it. */
  const putAnswers = (seq: number, { answersTo = [], input, started }: SavedRun): void => {
    const results = new Map(answersIn(input).map(({ id, response }) => [id, response]));
    for (const { run, call: index } of answersTo) {
      const found = called.get(run, index);
      if (found === undefined) continue;
      const result = jsonText(results.get(String(found.call_id)));
      answer.run(Date.parse(started), seq, result, Number(found.number));
    }
  };

  return (record) => {
    const held = findRecord(database, record.id);
    if (held !== undefined) {
      const outcome = compared(record, held);
      if (outcome === "existing") putLaterCalls(record, held);
      return outcome;
    }
    writer.begin(begun(record));
    writer.end(ended(record));
    const seq = Number(seqOf.get(record.id)?.seq);
    putCalls(seq, record);
    putAnswers(seq, record);
    return "written";
  };
}

type Call = SavedRun["toolCalls"][number];

/** Whether nothing is known of how it ended, or of the call at all. */
const isOpen = (call: Call | undefined): boolean => call === undefined || call.status === "called";

/**
 * What was said may be in one of the two only, since it is kept for a shorter time, or was not saved; and a tool may have answered
 * after the run was saved.
 */
function compared(record: SavedRun, held: SavedRun): PutOutcome {
  const isSaid = record.content !== "none" && held.content !== "none";
  const [saved, there] = isSaid ? [record, held] : [withoutSaid(record), withoutSaid(held)];
  const [ours, theirs] = [comparable(saved), comparable(there)];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const isSameCalls = saved.toolCalls.every((one, at) => isSameCall(one, there.toolCalls[at]));
  const differing = names.filter((name) => ours.get(name) !== theirs.get(name));
  if (!isSameCalls) differing.push("toolCalls");
  return differing.length === 0 ? "existing" : { differs: differing.join(", ") };
}

/** Its own members as texts. */
function comparable({
  recorded: _,
  answersTo: __,
  toolCalls: ___,
  ...run
}: SavedRun): ReadonlyMap<string, string> {
  const members: Json = JSON.parse(JSON.stringify(run));
  return new Map(Object.entries(members ?? {}).map(([name, value]) => [name, canonicalJson(value)]));
}

/** One that the other does not have was not known yet, as arguments may not have been. */
const isSameCall = (one: Call, other: Call | undefined): boolean =>
  other === undefined ||
  (one.id === other.id &&
    one.name === other.name &&
    ([one.arguments, other.arguments].includes(undefined) ||
      jsonText(one.arguments) === jsonText(other.arguments)));

const NOTHING_ELSE = { redactions: 0, cutBytes: 0 };

function begun(record: SavedRun): Parameters<ReturnType<typeof createRunWriter>["begin"]>[0] {
  const { id, source, operation, started, content, input, redactions, cutBytes } = record;
  const { upstream, user, entity, conversation, traceId, spanId, parentId, provider, modelAsked } = record;
  const origin = { upstream, user, entity, conversation, traceId, spanId, parentId, provider, modelAsked };
  return {
    ...{ id, source, operation, ...given(origin), started: Date.parse(started), content, writer: "{}" },
    kept: { input, answers: [], redactions, cutBytes },
  };
}

function ended(record: SavedRun): Parameters<ReturnType<typeof createRunWriter>["end"]>[0] {
  const { id, status, started, recorded, firstChunk, output, modelAnswered, finishReason, error } = record;
  const tokens = given({
    input: record.tokensInput,
    output: record.tokensOutput,
    cached: record.tokensCached,
    reasoning: record.tokensReasoning,
  });
  const words = {
    modelAnswered,
    finishReason,
    errorClass: error?.class,
    errorText: error?.text || undefined,
  };
  const times = { ended: msOf(record.ended), firstChunk: msOf(firstChunk) };
  return {
    ...{ id, status, started: Date.parse(started), recorded: Date.parse(recorded), tokens },
    ...given({ ...words, ...times }),
    kept: { output, calls: [], ...NOTHING_ELSE },
  };
}

const msOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

const jsonText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

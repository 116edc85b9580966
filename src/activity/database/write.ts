/** Writes runs: when they begin, and when they end. Whoever calls it has a transaction open. */

import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../../units/json.ts";
import { DAY_MS } from "../../units/range.ts";
import type { Kept, KeptContent } from "../content/keep.ts";
import type { Tokens } from "../format/run.ts";
import { bucketOf } from "./buckets.ts";
import { createMessageWriter } from "./messages.ts";
import { recordingClock } from "./recorded.ts";

/** Where a run comes from, and whom it is for. All of it is the caller's word. */
export interface RunOrigin {
  readonly source: "relay" | "wrapper" | "otlp" | "api";
  readonly upstream?: string;
  readonly user?: string;
  readonly entity?: { readonly type: string; readonly id: string };
  readonly conversation?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentId?: string;
  readonly provider?: string;
  readonly operation: string;
  readonly modelAsked?: string;
}

/** A run that has begun. */
interface BegunRun extends RunOrigin {
  /** UUIDv7. */
  readonly id: string;
  /** ms since 1970. */
  readonly started: number;
  readonly content: KeptContent;
  readonly kept: Pick<Kept, "input" | "answers" | "redactions" | "cutBytes">;
  /** Of the process that is going to end it; a run whose process is gone was interrupted. */
  readonly writer: string;
}

/** How it ended. */
export interface EndedRun {
  readonly id: string;
  readonly status: "ok" | "error" | "cancelled" | "interrupted";
  /** As it began. */
  readonly started: number;
  /** Absent: nobody knows. */
  readonly ended?: number;
  /** When this was written down, if that was before now. ms since 1970 */
  readonly recorded?: number;
  readonly firstChunk?: number;
  readonly modelAnswered?: string;
  readonly tokens: Tokens;
  readonly finishReason?: string;
  readonly errorClass?: string;
  readonly errorText?: string;
  readonly kept: Pick<Kept, "output" | "calls" | "redactions" | "cutBytes">;
}

/** Takes runs in. */
export interface RunWriter {
  begin(run: BegunRun): void;
  end(run: EndedRun): void;
}

/** @param database that stays open as long as this is used */
export function createRunWriter(database: DatabaseSync): RunWriter {
  const message = createMessageWriter(database);
  const now = recordingClock(database);
  const begin =
    database.prepare(`INSERT OR IGNORE INTO runs (id, source, upstream, user, entity_type, entity_id, conversation, trace_id,
    span_id, parent_id, provider, operation, model_asked, status, started, content, redactions, cut_bytes, writer, day, model)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)`);
  const end =
    database.prepare(`UPDATE runs SET status = ?, ended = ?, first_chunk = ?, model_answered = ?, tokens_input = ?,
    tokens_output = ?, tokens_cached = ?, tokens_reasoning = ?, finish_reason = ?, error_class = ?, error_text = ?,
    redactions = redactions + ?, cut_bytes = cut_bytes + ?, writer = NULL, model = coalesce(?, model), bucket = ?,
    first_bucket = ?, recorded = ? WHERE id = ? AND status = 'running' RETURNING seq`);
  const said = database.prepare(
    "INSERT INTO run_messages (run, side, position, message) VALUES (?, ?, ?, ?)",
  );
  const call = database.prepare(
    "INSERT INTO tool_calls (run, call_id, name, arguments, status, called) VALUES (?, ?, ?, ?, 'called', ?)",
  );
  // Some models number their calls anew in each answer, so that the newest one of the same conversation is meant. Most requests
  // repeat the call, too, by which it is told apart from one of another program.
  const answer =
    database.prepare(`UPDATE tool_calls SET status = 'answered', result = ?1, answered = ?2, answered_by = ?3
    WHERE number = (SELECT number FROM tool_calls JOIN runs ON runs.seq = run
      WHERE call_id = ?4 AND tool_calls.status = 'called' AND run <> ?3 AND conversation IS ?5 AND user IS ?6
        AND name = coalesce(?7, name)
      ORDER BY (?8 IS NULL OR arguments IS ?8) DESC, number DESC LIMIT 1)`);

  return {
    begin(run) {
      const { id, source, started, content, kept, writer } = run;
      const { changes, lastInsertRowid: seq } = begin.run(
        ...[
          id,
          source,
          run.upstream ?? null,
          run.user ?? null,
          run.entity?.type ?? null,
          run.entity?.id ?? null,
        ],
        ...[run.conversation ?? null, run.traceId ?? null, run.spanId ?? null, run.parentId ?? null],
        ...[run.provider ?? null, run.operation, run.modelAsked ?? null, started, content],
        ...[kept.redactions, kept.cutBytes, writer, Math.floor(started / DAY_MS), run.modelAsked ?? ""],
      );
      if (Number(changes) === 0) return;
      for (const [position, one] of kept.input.entries()) said.run(seq, "input", position, message(one));
      for (const { id: callId, response, call: asked } of kept.answers.toReversed())
        answer.run(
          ...[storedJson(response), started, seq, callId, run.conversation ?? null, run.user ?? null],
          ...[asked?.name ?? null, storedJson(asked?.arguments)],
        );
    },
    end(run) {
      const { id, status, ended, tokens, kept, recorded = now() } = run;
      const firstBucket = run.firstChunk === undefined ? null : bucketOf(run.firstChunk - run.started);
      const seq = end.get(
        ...[status, ended ?? null, run.firstChunk ?? null, run.modelAnswered ?? null, tokens.input ?? null],
        ...[tokens.output ?? null, tokens.cached ?? null, tokens.reasoning ?? null, run.finishReason ?? null],
        ...[run.errorClass ?? null, run.errorText ?? null, kept.redactions, kept.cutBytes],
        ...[run.modelAnswered ?? null, ended === undefined ? null : bucketOf(ended - run.started)],
        ...[firstBucket, recorded, id],
      )?.seq;
      if (typeof seq !== "number") return;
      for (const [position, one] of kept.output.entries()) said.run(seq, "output", position, message(one));
      for (const { id: callId, name, arguments: args } of kept.calls)
        call.run(seq, callId ?? null, name, storedJson(args), ended ?? run.started);
    },
  };
}

/** JSON as it is kept. */
export const storedJson = (value: Json | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

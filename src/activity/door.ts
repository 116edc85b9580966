/**
 * The one way into the log of runs, whichever interface they came through. Whoever calls it is never delayed, never gets an
 * error, and never waits for the disk.
 */
import type { DatabaseSync } from "node:sqlite";
import { given } from "../units/given.ts";
import { DAY_MS } from "../units/range.ts";
import { uuidv7 } from "../units/uuid.ts";
import { contentWithin } from "./content/ceiling.ts";
import { type KeptContent, kept, keptText } from "./content/keep.ts";
import { labels } from "./content/labels.ts";
import { textSize, valueSize } from "./content/size.ts";
import { isDamage, openActivity, requireSound, setAside } from "./database/open.ts";
import { createWriteQueue } from "./database/queue.ts";
import { sweepInterrupted, writerMark } from "./database/sweep.ts";
import { createToolWriter, type ToolRun } from "./database/tool-runs.ts";
import { createRunWriter, type EndedRun, type RunOrigin, type RunWriter } from "./database/write.ts";
import type { RunInput } from "./format/input.ts";
import type { ModelAnswer } from "./format/run.ts";
import type { ActivityLog, NewRun } from "./log.ts";
import { openRun, type RunEnding } from "./open-run.ts";

interface DoorOptions {
  /** Of the database. */
  readonly path: string;
  /** What is kept where a run does not say; default `redacted`. */
  readonly content?: KeptContent;
  /** What is kept at most, whatever a run says; default `full`. */
  readonly contentMost?: KeptContent;
  /** Is told of a damaged database that was set aside. @param aside what it is called now */
  readonly onSetAside?: (aside: string) => void;
}

/** The log of this machine, which also takes what only some interfaces tell apart. */
export interface ActivityDoor extends ActivityLog {
  /** A tool that ran. @param onUnknown is called when no run is known that it belongs to */
  toolRan(tool: ToolRun, onUnknown: () => void): void;
}

/** Opens the log. What stands in the way of writing is in its state, and is tried again. */
export function openDoor({
  path,
  content = "redacted",
  contentMost = "full",
  onSetAside,
}: DoorOptions): ActivityDoor {
  const usual = contentWithin(content, contentMost);
  const log = createLog(path, onSetAside);
  const queue = createWriteQueue(log.ready, log.suspect);
  const writer = writerMark();

  const begun = (id: string, run: NewRun, content: KeptContent, started: number) => {
    const { asked, source, operation, ...said } = run;
    const { id: _id, content: _content, started: _started, onLost: _onLost, ...origin } = said;
    const names = { ...origin, modelAsked: asked.model, user: origin.user ?? asked.user };
    const { input, answers, redactions, cutBytes } = kept({ input: asked.input, output: [] }, content);
    const keep = { input, answers, redactions, cutBytes };
    return {
      ...labels(given(names), content === "full"),
      source,
      operation,
      id,
      started,
      content,
      writer,
      kept: keep,
    };
  };

  return {
    begin(run) {
      const { asked, id = uuidv7() } = run;
      const content = contentWithin(run.content ?? usual, contentMost);
      const started = soundTime(run.started);
      let isLost = false;
      const lost = (): void => {
        if (!isLost) run.onLost?.();
        isLost = true;
      };
      queue.take({
        lost,
        size: textSize(asked.input),
        prepare: () => {
          const row = begun(id, run, content, started);
          return () => log.open().write.begin(row);
        },
      });
      return openRun(id, (ending) =>
        queue.take({
          lost,
          size: textSize(ending.answer?.output ?? []),
          prepare: () => {
            const row = { ...endedRun(id, ending, content), started };
            return () => log.open().write.end(row);
          },
        }),
      );
    },
    toolRan(tool, onUnknown) {
      queue.take({
        size: valueSize(tool.arguments) + valueSize(tool.result),
        prepare: () => {
          const row = keptTool(tool, usual);
          return () => {
            if (!log.open().tool(row)) onUnknown();
          };
        },
      });
    },
    state: queue.state,
    async close(limitMs = 2_000) {
      await queue.close(limitMs);
      log.close();
    },
  };
}

/** How far ahead a sender's clock may be. ms */
const AHEAD_MAX = DAY_MS;

/** A run of the future would be the newest for ever, and never be removed. @param at ms since 1970 */
function soundTime(at = Date.now()): number {
  const now = Date.now();
  return at >= 0 && at < now + AHEAD_MAX ? at : now;
}

const NO_ANSWER: ModelAnswer = { output: [], tokens: {} };

function endedRun(id: string, end: RunEnding, content: KeptContent): Omit<EndedRun, "started"> {
  const { status, answer = NO_ANSWER, cutBytes = 0, ended, firstChunk, error = answer.error } = end;
  const { output, calls, redactions, cutBytes: cut } = kept({ input: [], output: answer.output }, content);
  const words = given({
    modelAnswered: answer.model,
    finishReason: answer.finishReason,
    errorClass: error?.class,
    errorText: error && keptText(error.text, content),
  });
  const keep = { output, calls, redactions, cutBytes: cut + cutBytes };
  return {
    ...labels(words, content === "full"),
    id,
    status,
    ended,
    ...given({ firstChunk }),
    tokens: answer.tokens,
    kept: keep,
  };
}

/** What is kept of a tool that ran: the same as of a call in a message, and of its result. */
function keptTool({ arguments: args, result, ...tool }: ToolRun, content: KeptContent): ToolRun {
  const id = tool.callId ?? "";
  const call = { type: "tool_call" as const, id, name: tool.name, ...given({ arguments: args }) };
  const answer = { type: "tool_call_response" as const, id, ...given({ response: result }) };
  const { calls, answers } = kept(
    { input: [{ role: "tool", parts: [answer] }], output: [{ role: "assistant", parts: [call] }] },
    content,
  );
  const said = given({ arguments: calls[0]?.arguments, result: answers[0]?.response });
  return { ...tool, ...labels(given({ name: tool.name, callId: tool.callId }), content === "full"), ...said };
}

/** Takes a whole run that somebody else has noted. */
export function recordRun(
  door: Pick<ActivityLog, "begin">,
  run: RunInput,
  source: RunOrigin["source"],
): string {
  const { id, status, started, ended, firstChunk, finishReason, error, content, input, output } = run;
  const { operation, user, entity, conversation, traceId, spanId, parentId, upstream, provider } = run;
  const whom = given({ user, entity, conversation, traceId, spanId, parentId, upstream, provider });
  const asked = { ...given({ model: run.modelAsked }), input, isStream: firstChunk !== undefined };
  const open = door.begin({ ...whom, operation, source, asked, ...given({ id, started, content }) });
  if (firstChunk !== undefined) open.firstChunk(firstChunk);
  const tokens = given({
    input: run.tokensInput,
    output: run.tokensOutput,
    cached: run.tokensCached,
    reasoning: run.tokensReasoning,
  });
  const answer = { output, tokens, ...given({ model: run.modelAnswered, finishReason }) };
  open.end({ status, answer, ...given({ ended: ended ?? started, error }) });
  return open.id;
}

/** The database, and what writes into it. */
interface Opened {
  readonly database: DatabaseSync;
  readonly write: RunWriter;
  readonly tool: (tool: ToolRun) => boolean;
}

/** How often it is looked whether other processes have left runs behind. */
const SWEEP_MS = 60_000;

/** Opens the database when something is to be written, and again after it could not be opened. A damaged one is set aside. */
function createLog(path: string, onSetAside: DoorOptions["onSetAside"]) {
  let opened: Opened | undefined;
  let [isSuspect, sweepAt] = [false, 0];

  const openSound = (): DatabaseSync => {
    // Another process that writes is not waited for, which would hold up this thread, but come back to.
    const database = openActivity(path, { busyMs: 0 });
    try {
      if (isSuspect) requireSound(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };

  const openOrReplace = (): DatabaseSync => {
    try {
      return openSound();
    } catch (error) {
      if (!isDamage(error)) throw error;
      onSetAside?.(setAside(path));
      return openActivity(path, { busyMs: 0 });
    }
  };

  const close = (): void => {
    opened?.database.close();
    opened = undefined;
  };

  const open = (): Opened => {
    if (opened !== undefined) return opened;
    const database = openOrReplace();
    isSuspect = false;
    opened = { database, write: createRunWriter(database), tool: createToolWriter(database) };
    return opened;
  };

  return {
    open,
    /** The database, before a transaction begins: what processes have left that are gone is closed, then and when. */
    ready(): DatabaseSync {
      const { database } = open();
      if (performance.now() >= sweepAt) {
        sweepInterrupted(database);
        sweepAt = performance.now() + SWEEP_MS;
      }
      return database;
    },
    /** It was damaged when it was written to: the next time it is looked through before. */
    suspect() {
      isSuspect = true;
      close();
    },
    close,
  };
}

/** The trail for other tools, as CSV or JSON. Each export is an event itself, from before its first byte. */
import * as v from "valibot";
import { csvHeader, csvRow } from "../../audit/export/csv.ts";
import { EXPORT_LIMIT, EXPORT_LIMIT_MAX, withShortDetails } from "../../audit/export/export.ts";
import type { AuditEvent, NewEvent } from "../../audit/format/event.ts";
import { TARGET_TYPES } from "../../audit/format/target-types.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Requester, type Route } from "../listen/route.ts";
import { eventsOf } from "./audit-events.ts";
import { limit, moment, words } from "./query.ts";
import { createReadingTurns } from "./reading-turns.ts";
import type { Service } from "./service.ts";

const querySchema = v.strictObject({
  from: v.optional(moment("only events at or after this: RFC 3339, a date, or 24h for that long ago")),
  to: v.optional(moment("only events before this")),
  user_id: v.optional(v.pipe(v.string(), v.description("a user, or a token's name"))),
  action: v.optional(v.pipe(v.string(), v.description("the operation, such as destroy"))),
  target_type: v.optional(v.pipe(v.picklist(TARGET_TYPES), v.description("the kind of what was affected"))),
  limit: limit(EXPORT_LIMIT_MAX, EXPORT_LIMIT),
});

/** What a form is made of. */
interface Form {
  readonly type: string;
  text(events: AsyncIterable<AuditEvent>): AsyncGenerator<string>;
}

const FORMS: Readonly<Record<"csv" | "json", Form>> = {
  csv: {
    type: "text/csv; charset=utf-8; header=present",
    async *text(events) {
      yield csvHeader();
      for await (const event of events) yield csvRow(event);
    },
  },
  json: {
    type: "application/json",
    async *text(events) {
      let separator = "[\n";
      for await (const event of events) {
        yield `${separator}${JSON.stringify(withShortDetails(event))}`;
        separator = ",\n";
      }
      yield separator === "[\n" ? "[]\n" : "\n]\n";
    },
  },
};

/** `/api/export/audit/csv` and `/api/export/audit/json`. */
export function exportRoutes(service: Service): Route[] {
  // A reader takes as long as it likes, and must not keep others from looking.
  const turns = createReadingTurns();
  return (["csv", "json"] as const).map((format) =>
    defineRoute({
      method: "GET",
      path: `/api/export/audit/${format}`,
      role: "admin",
      about: `the newest events that fit, oldest first, as ${format.toUpperCase()}; recorded in the trail`,
      query: querySchema,
      answers: [FORMS[format].type],
      seconds: 120,
      async run({ query, actor, counts }) {
        const { type, text } = FORMS[format];
        const { user_id: user, action: operation, ...rest } = query;
        const details = { format, output: "api", ...given(query) };
        const begun = { operation: "audit_export", outcome: "started", details } as const;
        const { id, timestamp } = await service.recorder.record(actor, begun);
        // This export's own event is not what was asked for.
        const to = rest.to === undefined || rest.to > timestamp ? timestamp : rest.to;
        const left = new AbortController();
        const flags = words({ ...rest, limit: String(rest.limit), to, user, operation });
        const events = counted(eventsOf(service, { flags, turns, signal: left.signal }));
        const end = ending(service, actor, id, () => ({ ...details, events: events.count() }));
        const body = pulled(text(await begunReading(events.all, end)), { left, end, counts });
        const headers = {
          "Content-Type": type,
          "Content-Disposition": `attachment; filename="audit.${format}"`,
        };
        return new Response(body, { headers });
      },
    }),
  );
}

/** Records how it ended. @param error why it is not whole */
type End = (outcome: "success" | "partial" | "failed", error?: string) => Promise<void>;

function ending({ recorder, log }: Service, actor: Requester, ref: string, details: () => Details): End {
  let isOver = false;
  return async (outcome, error) => {
    // A reader may leave while the last piece is on its way: the first end is the one that counts.
    if (isOver) return;
    isOver = true;
    const event = { operation: "audit_export", outcome, ref, details: { ...details(), ...given({ error }) } };
    await recorder
      .record(actor, event)
      .catch((failure) => log("error", `the end of an export was not recorded: ${messageOf(failure)}`));
  };
}

type Details = NonNullable<NewEvent["details"]>;

function counted(events: AsyncIterable<AuditEvent>) {
  let count = 0;
  async function* all(): AsyncGenerator<AuditEvent> {
    for await (const event of events) {
      count += 1;
      yield event;
    }
  }
  return { all: all(), count: () => count };
}

/** The first event is read before anything is answered: what is wrong with the request is the answer then. */
async function begunReading(
  events: AsyncGenerator<AuditEvent>,
  end: End,
): Promise<AsyncIterable<AuditEvent>> {
  const first = await events.next().catch(async (error: unknown) => {
    await end("failed", messageOf(error));
    throw error;
  });
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* events;
  })();
}

/** Rows are sent together. characters */
const PIECE_LEAST = 65_536;

interface Pulling {
  readonly left: AbortController;
  readonly end: End;
  /** A reader that is slow outlives no token. */
  counts(): boolean;
}

/** Text at its reader's pace. */
function pulled(texts: AsyncGenerator<string>, { left, end, counts }: Pulling): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        if (!counts()) throw new HttpError(401, "its token counts no more");
        let piece = "";
        let isOver = false;
        while (piece.length < PIECE_LEAST && !isOver) {
          const { value, done = false } = await texts.next();
          isOver = done;
          piece += value ?? "";
        }
        if (piece !== "") controller.enqueue(encoder.encode(piece));
        if (!isOver) return;
        await end("success");
        controller.close();
      } catch (error) {
        left.abort();
        await texts.return(undefined).catch(() => {}); // what it read with is over, however that ends
        await end("partial", messageOf(error));
        controller.error(error);
      }
    },
    async cancel() {
      left.abort();
      await end("partial", "its reader went away");
    },
  });
}

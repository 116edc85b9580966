/** A `fetch` that notes what models are asked and answer. What its caller gets is what it would get without. */
import { given } from "../../units/given.ts";
import type { ActivityLog, NewRun, OpenRun } from "../log.ts";
import { outcomeOf } from "../outcome.ts";
import type { Dialect } from "../stream/dialect.ts";
import { type AnswerReader, dialectOf, readAnswer, readAsked } from "../stream/exchange.ts";
import { endOfFailure } from "./failure.ts";
import { lateRun } from "./late-run.ts";

/** What is said of each run, beside what passes. */
interface RecordOptions
  extends Partial<
    Pick<
      NewRun,
      | "user"
      | "entity"
      | "conversation"
      | "traceId"
      | "spanId"
      | "parentId"
      | "provider"
      | "upstream"
      | "content"
    >
  > {
  readonly log: ActivityLog;
}

/** As much of the runtime's own as clients use. */
type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Gives a client of OpenAI, Anthropic or whatever speaks like them a log: `new OpenAI({ fetch: recordActivity(fetch, { log }) })`. */
export function recordActivity(fetch: Fetch, options: RecordOptions): Fetch {
  return async (input, init) => {
    const noted = noteRequest(input, init, options);
    if (noted === undefined) return fetch(input, init);
    const response = await answered(() => fetch(input, init), noted.run);
    return passing(response, noted);
  };
}

interface Noted {
  readonly run: OpenRun;
  readonly dialect: Dialect;
}

/** @returns nothing of what asks no model, or cannot be noted: what goes wrong with noting is nobody's concern but ours */
function noteRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  { log, ...said }: RecordOptions,
): Noted | undefined {
  try {
    const request = input instanceof Request ? input : undefined;
    const method = init?.method ?? request?.method ?? "GET";
    const url = new URL(request?.url ?? String(input));
    const dialect = asksModel(url.pathname) ? dialectOf(url.pathname) : undefined;
    if (dialect === undefined || method.toUpperCase() !== "POST") return undefined;
    const head = { upstream: url.host, ...said, source: "wrapper", operation: dialect.call } as const;
    const begin = (body: string) => ({ ...head, asked: readAsked(dialect, body) });
    const body = init?.body ?? undefined;
    if (body !== undefined || request === undefined)
      return { run: log.begin(begin(bodyText(body))), dialect };
    return { run: lateRun(log, request.clone().text().then(begin)), dialect };
  } catch {
    return undefined;
  }
}

/** Messages of a thread are kept by OpenAI's servers, and asked of no model. */
const asksModel = (path: string): boolean => !/\/threads\/[^/]+\/messages$/.test(path);

/** A stream is not read, since it can be read once only. */
function bodyText(body: unknown): string {
  if (typeof body === "string") return body;
  return body instanceof Uint8Array || body instanceof ArrayBuffer
    ? Buffer.from(new Uint8Array(body)).toString()
    : "";
}

async function answered(call: () => Promise<Response>, run: OpenRun): Promise<Response> {
  try {
    return await call();
  } catch (error) {
    run.end(endOfFailure(error));
    throw error;
  }
}

/** The same answer, read as it passes. One that cannot be read beside its reader, such as node-fetch's, passes as it is. */
function passing(response: Response, noted: Noted): Response {
  try {
    return readPassing(response, noted);
  } catch {
    noted.run.end(outcomeOf(response, UNREAD));
    return response;
  }
}

const UNREAD = { output: [], tokens: {}, isWhole: true, cutBytes: 0 };

function readPassing(response: Response, { run, dialect }: Noted): Response {
  const { body, status, statusText, headers } = response;
  const reader = readAnswer(dialect, headers.get("content-type") ?? "");
  if (body === null) {
    run.end(outcomeOf(response, reader.end()));
    return response;
  }
  const head = { status, statusText, headers };
  // One that is refused is refused here, before its reader is taken.
  void new Response(null, head);
  const passed = new Response(relayed(body, response, run, reader), head);
  for (const name of ["url", "redirected", "type"] as const)
    Object.defineProperty(passed, name, { value: response[name] });
  return passed;
}

/** Nothing is read before it is asked for: a client that does not read holds the server up, as it would without us. */
function relayed(body: ReadableStream<Uint8Array>, response: Response, run: OpenRun, answer: AnswerReader) {
  const source = body.getReader();
  const take = (bytes: Uint8Array): void => {
    run.firstChunk();
    try {
      answer.take(bytes);
    } catch {
      // What cannot be read is passed on all the same.
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.read();
          if (done) {
            run.end(outcomeOf(response, answer.end()));
            controller.close();
            return;
          }
          take(value);
          controller.enqueue(value);
        } catch (error) {
          run.end({ ...given({ answer: answer.end() }), ...endOfFailure(error) });
          controller.error(error);
        }
      },
      async cancel(reason) {
        run.end({ status: "cancelled", answer: answer.end() });
        await source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

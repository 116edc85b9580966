/**
 * What OTLP's senders are answered (OTLP specification, "OTLP/HTTP Response"): in the encoding in which they asked, also when
 * it is a refusal.
 */
import { ProtobufWriter } from "../../contract/protobuf-writer.ts";
import { messageOf } from "../../units/message-of.ts";
import { HttpError, statusOf } from "../listen/problem.ts";

/** The media types of requests and answers. */
export const ENCODINGS = { json: "application/json", protobuf: "application/x-protobuf" } as const;

/** One of {@link ENCODINGS}. */
export type Encoding = keyof typeof ENCODINGS;

/** Everything was taken, or all but so many spans. */
export function taken(encoding: Encoding, rejected: number, why: string): Response {
  const isWhole = rejected === 0;
  if (encoding === "json")
    return answer(encoding, 200, {
      json: isWhole ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: why } },
    });
  const writer = new ProtobufWriter();
  if (!isWhole) writer.message(1, (partial) => partial.varint(1, rejected).string(2, why));
  return answer(encoding, 200, { protobuf: writer });
}

/** A refusal that knows how its sender reads it. */
export class OtlpRefusal extends HttpError {
  readonly encoding: Encoding;

  constructor(error: unknown, encoding: Encoding) {
    const known = error instanceof HttpError ? error : undefined;
    super(statusOf(error), messageOf(error), known?.hint, known?.headers);
    this.cause = error;
    this.encoding = encoding;
  }
}

/** As a `google.rpc.Status`. */
export function refusal(error: unknown): Response {
  const encoding = error instanceof OtlpRefusal ? error.encoding : "protobuf";
  const [status, hint] = [statusOf(error), error instanceof HttpError ? error.hint : undefined];
  const message = hint === undefined ? messageOf(error) : `${messageOf(error)}: ${hint}`;
  const code = CODES[status] ?? UNKNOWN;
  const headers = error instanceof HttpError ? error.headers : {};
  if (encoding === "json") return answer(encoding, status, { json: { code, message }, headers });
  return answer(encoding, status, {
    protobuf: new ProtobufWriter().varint(1, code).string(2, message),
    headers,
  });
}

/** gRPC's codes, by the status. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 429: 8, 503: 14 };
const UNKNOWN = 2;

interface Body {
  readonly json?: object;
  readonly protobuf?: ProtobufWriter;
  readonly headers?: Readonly<Record<string, string>>;
}

const answer = (encoding: Encoding, status: number, { json, protobuf, headers = {} }: Body): Response =>
  new Response(protobuf === undefined ? JSON.stringify(json) : protobuf.finish().slice(), {
    status,
    headers: { ...headers, "Content-Type": ENCODINGS[encoding] },
  });

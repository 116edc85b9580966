/** Refusals and failures as HTTP tells them: problem details (RFC 9457), in the words of the command line. */
import { STATUS_CODES } from "node:http";
import { errorJson } from "../../terminal/show-error.ts";

/** A request that is refused, or cannot be answered. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    hint?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.headers = headers;
  }
}

/** Too much at once. @param waitMs after which it may be tried again */
export const tooMany = (message: string, waitMs: number): HttpError =>
  new HttpError(429, message, undefined, { "Retry-After": String(Math.max(1, Math.ceil(waitMs / 1_000))) });

/** The statuses of the errors that end a command; any other error is the service's own. */
const STATUSES: Readonly<Record<string, number>> = {
  UsageError: 400,
  SealedError: 409,
  RefusedError: 403,
  AgreementError: 403,
  SnapshotError: 422,
  ConfigError: 503,
  TrailError: 503,
  DatabaseError: 503,
};

/** The status that an error is answered with. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  const name = error instanceof Error ? error.name : "";
  return Object.hasOwn(STATUSES, name) ? (STATUSES[name] ?? 500) : 500;
}

/** The answer to a request that failed. @param request its id @param also further members of its body */
export function problemResponse(
  error: unknown,
  request: string,
  also: (told: ReturnType<typeof errorJson>["error"]) => object = () => ({}),
): Response {
  const status = statusOf(error);
  const told = errorJson(error).error;
  const { message, hint } = told;
  const title = STATUS_CODES[status] ?? "Error";
  const body = { type: "about:blank", title, status, detail: message, hint, request, ...also(told) };
  const headers = error instanceof HttpError ? error.headers : {};
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...headers, "Content-Type": "application/problem+json" },
  });
}

/** Why a request was not answered: in the service's own words, or in ours where it said nothing. */
export class Problem extends Error {
  override readonly name = "Problem";
  /** 0: there was no answer at all. */
  readonly status: number;
  readonly hint: string | undefined;
  /** The request's id, as in the log and the trail. */
  readonly request: string | undefined;

  constructor(status: number, message: string, hint?: string, request?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.request = request;
  }
}

/** What a response that is no success says. */
export async function problemIn(response: Response): Promise<Problem> {
  const said: unknown = await response.json().catch(() => undefined);
  const { detail, hint, request } = Object(said) as Record<string, unknown>;
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return new Problem(
    response.status,
    text(detail) ?? `the service answered ${response.status} ${response.statusText}`.trim(),
    text(hint),
    text(request) ?? response.headers.get("x-request-id") ?? undefined,
  );
}

/** Whatever was thrown, as a problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError)
    return new Problem(0, "the service does not answer", "look whether it runs, and try again");
  return new Problem(0, error instanceof Error ? error.message : String(error));
}

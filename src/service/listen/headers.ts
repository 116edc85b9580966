/** What every answer says beside its content, and the id of every request. */

const ID = /^[\w.:-]{1,128}$/;

/** The caller's own id, if it is one, or a new one. */
export function requestId(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && ID.test(given) ? given : Bun.randomUUIDv7();
}

const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** Data is shown by no browser; a page says itself what it may load. */
const DEFAULTS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
} as const;

/** Says it of this answer. @param id the request's @param isSecure whether the caller's connection is encrypted */
export function dress(request: Request, { headers }: Response, id: string, isSecure: boolean): void {
  // Where somebody else has answered through us, it is that one's; ours finds the line in our log.
  headers.set(headers.has("X-Request-Id") ? "X-Contextcore-Request" : "X-Request-Id", id);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  for (const [name, value] of Object.entries(DEFAULTS)) if (!headers.has(name)) headers.set(name, value);
  if (isSecure) headers.set("Strict-Transport-Security", "max-age=31536000");
  // What was not read of a body must not be taken for the next request.
  if (request.body !== null && !request.bodyUsed) headers.set("Connection", "close");
}

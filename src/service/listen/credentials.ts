/** What a request shows of who sends it, and who that is. */
import type { Sender } from "./origin.ts";
import { HttpError } from "./problem.ts";
import { mayCall, type Requester, type Route } from "./route.ts";

/** What a request shows of who sends it. */
export interface Presented extends Sender {
  readonly headers: Headers;
  /** The request's id. */
  readonly request: string;
}

/** Who sends a request. */
export interface SignedIn {
  readonly actor: Requester;
  /** A browser added the session's cookie. */
  readonly byCookie: boolean;
  /** Whether what was shown still counts: tokens are revoked, and expire. */
  counts(): boolean;
}

/** A request without a credential. */
export const anonymous = (request: string): Requester => ({
  user: "anonymous",
  role: "nobody",
  via: "api",
  request,
});

/** Nobody is let in with this, or without anything. */
export const unauthorized = (message: string): HttpError =>
  new HttpError(
    401,
    message,
    "send one as `Authorization: Bearer TOKEN`; contextcore serve token add makes one",
    {
      "WWW-Authenticate": 'Bearer realm="contextcore"',
    },
  );

/** @throws HttpError 401 of who has shown no token, 403 of whose role is another one */
export function requireRole({ role, path }: Route, actor: Requester, { isLocal }: Sender): void {
  if (mayCall(actor.role, role, isLocal)) return;
  if (actor.role === "nobody") throw unauthorized("this needs a token");
  throw new HttpError(
    403,
    `${actor.user} may not call ${path}: that needs the role ${role === "local" ? "viewer" : role}`,
  );
}

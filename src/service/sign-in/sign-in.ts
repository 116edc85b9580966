/** Who sends a request: a token as `Authorization: Bearer`, or the cookie of a session. */
import type { Database } from "bun:sqlite";
import { anonymous, type Presented, type SignedIn, unauthorized } from "../listen/credentials.ts";
import { tooMany } from "../listen/problem.ts";
import type { Requester } from "../listen/route.ts";
import { createThrottle } from "../listen/throttle.ts";
import { createSessions, type OnEnded, type Sessions } from "./sessions.ts";
import { sameToken, type Token, validToken } from "./tokens.ts";

/** See {@link createSignIn}. */
export interface SignIn extends Disposable {
  readonly sessions: Sessions;
  /** @throws HttpError 401 for what is no token of ours, 429 when that was so too often */
  of(presented: Presented): SignedIn;
  /** The token of this text. @throws HttpError as {@link of} */
  token(text: string, client: string): Token;
}

/** Wrong tokens of one address: a right one is never made to wait. */
const WRONG = { burst: 10, everyMs: 6_000 };

/** How often it is looked whether sessions have ended by themselves, ms. */
const LOOK_MS = 2_000;

/** Knows the tokens of a database, until it is disposed of. @param onEnded is told of each session that ends */
export function createSignIn(database: Database, onEnded: OnEnded): SignIn {
  const sessions = createSessions(database, onEnded);
  const looking = setInterval(sessions.endOver, LOOK_MS);
  looking.unref();
  const wrong = createThrottle(WRONG);

  function token(text: string, client: string): Token {
    const found = validToken(database, text);
    if (found !== undefined) return found;
    const waitMs = wrong.take(client);
    if (waitMs > 0) throw tooMany("too many wrong tokens came from this address", waitMs);
    throw unauthorized("this token is not known, has expired or was revoked");
  }

  return {
    sessions,
    token,
    of({ headers, client, request, isSecure }) {
      const authorization = headers.get("authorization");
      if (authorization !== null) {
        const [, text] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
        if (text === undefined) throw unauthorized("only a token signs in here");
        const found = token(text, client);
        const counts = (): boolean => sameToken(database, found) !== undefined;
        return { actor: actorOf(found, request), byCookie: false, counts };
      }
      const find = () => sessions.find(headers.get("cookie"), isSecure);
      const found = find();
      if (found === undefined) return { actor: anonymous(request), byCookie: false, counts: () => true };
      return { actor: actorOf(found, request), byCookie: true, counts: () => find() !== undefined };
    },
    [Symbol.dispose]: () => clearInterval(looking),
  };
}

/** Who a token's bearer is. */
export const actorOf = ({ name, role }: Token, request: string): Requester => ({
  user: name,
  role,
  via: "api",
  request,
});

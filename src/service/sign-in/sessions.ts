/** Sessions of the page: each begins with a token, and ends with it, with its time or with the service. */
import type { Database } from "bun:sqlite";
import { newSecret, sameToken, type Token } from "./tokens.ts";

/** A session that has begun. */
interface Session {
  /** `Set-Cookie`. */
  readonly cookie: string;
  readonly until: Date;
}

/** A session that ends: whose it was, and who asks for it, or asked when it began. */
interface Ended {
  readonly token: Token;
  /** The id of that request. */
  readonly request: string;
  /** Where that came from. */
  readonly client: string;
}

/** Is told of a session that ends, and why. */
export type OnEnded = (session: Ended, reason: string) => void;

/** What is known of the request that begins or ends one. */
interface Asking {
  readonly request: string;
  readonly client: string;
  readonly isSecure: boolean;
}

/** The sessions of one service. */
export interface Sessions {
  begin(token: Token, asking: Asking): Session;
  /** The token that the cookie's session began with, if both still count. */
  find(cookies: string | null, isSecure: boolean): Token | undefined;
  /** @returns `Set-Cookie`, which takes the cookie away */
  end(cookies: string | null, asking: Asking): string;
  /** Ends those whose time or token is over. */
  endOver(): void;
}

/** A working day, ms. */
const LASTS_MS = 12 * 3_600_000;

/** More than are open at once: then the oldest ends. */
const SESSIONS_MAX = 1_000;

/** With this prefix, a browser takes the cookie only from this very host, over TLS. */
const cookieName = (isSecure: boolean): string => (isSecure ? "__Host-contextcore" : "contextcore");

const setCookie = (value: string, isSecure: boolean, seconds: number): string =>
  `${cookieName(isSecure)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? "; Secure" : ""}`;

/** Keeps them in memory only. */
export function createSessions(database: Database, onEnded: OnEnded): Sessions {
  const open = new Map<string, Ended & { readonly until: number }>();

  const end = (key: string, reason: string, asking?: Asking): void => {
    const session = open.get(key);
    if (session === undefined) return;
    open.delete(key);
    const { request, client } = asking ?? session;
    onEnded({ token: session.token, request, client }, reason);
  };

  /** The token of one that still counts; one that does not is ended. */
  const alive = (key: string): Token | undefined => {
    const session = open.get(key);
    if (session === undefined) return undefined;
    const isOver = session.until < Date.now();
    const token = isOver ? undefined : sameToken(database, session.token);
    if (token === undefined) end(key, isOver ? "its time was over" : "its token counts no more");
    return token;
  };

  return {
    begin(token, { request, client, isSecure }) {
      const secret = newSecret();
      const until = Date.now() + LASTS_MS;
      const [oldest] = open.keys();
      if (open.size >= SESSIONS_MAX && oldest !== undefined) end(oldest, "too many sessions are open");
      open.set(keyOf(secret), { token, request, client, until });
      return { cookie: setCookie(secret, isSecure, LASTS_MS / 1_000), until: new Date(until) };
    },
    find: (cookies, isSecure) => alive(keyOf(secretIn(cookies, isSecure))),
    end(cookies, asking) {
      end(keyOf(secretIn(cookies, asking.isSecure)), "signed out", asking);
      return setCookie("", asking.isSecure, 0);
    },
    endOver() {
      try {
        for (const key of [...open.keys()]) alive(key);
      } catch {
        return; // that the database cannot be asked is told to whoever asks for something
      }
    },
  };
}

/** Sessions are found by a hash: how long that takes says nothing of their secrets. */
const keyOf = (secret: string): string => new Bun.CryptoHasher("sha256").update(secret).digest("hex");

/** Under TLS a cookie without the prefix may be somebody else's, who holds another name of this domain. */
function secretIn(cookies: string | null, isSecure: boolean): string {
  const all = (cookies ?? "").split(";").map((one) => one.trim().split("=", 2));
  return all.find(([name]) => name === cookieName(isSecure))?.[1] ?? "";
}

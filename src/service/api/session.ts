/** Sessions: how the page signs in and out. */
import * as v from "valibot";
import { SESSION } from "../../results/service.ts";
import { answerOf } from "../listen/answer.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Requester, type Route } from "../listen/route.ts";
import { actorOf } from "../sign-in/sign-in.ts";
import type { Service } from "./service.ts";

/** Longer than any token. */
const TEXT_MAX = 200;

/** Anybody may send one. Bytes */
const BODY_MAX = 4_096;

/** `/api/v1/session`. */
export const sessionRoutes = ({ signIn, recorder }: Service): Route[] => [
  defineRoute({
    method: "POST",
    path: "/api/v1/session",
    role: "open",
    about: "begin a session with a token; the answer sets its cookie",
    body: v.strictObject({ token: v.pipe(v.string(), v.maxLength(TEXT_MAX, "longer than any token")) }),
    bodyMax: BODY_MAX,
    status: 201,
    answers: SESSION,
    async run({ body, actor: { request }, client, isSecure }) {
      const token = signIn.token(body.token, client);
      await recorder.record(actorOf(token, request), {
        operation: "sign_in",
        outcome: "success",
        details: { role: token.role, client },
      });
      const { cookie, until } = signIn.sessions.begin(token, { request, client, isSecure });
      const session = { name: token.name, role: token.role, until: until.toISOString() };
      return answerOf(SESSION, session, { status: 201, headers: { "Set-Cookie": cookie } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/session",
    role: "open",
    about: "who is signed in",
    answers: SESSION,
    run: async ({ actor }) => known(actor),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/session",
    role: "open",
    about: "end the session whose cookie is sent",
    status: 204,
    answers: [],
    async run({ headers, actor: { request }, client, isSecure }) {
      const cookie = signIn.sessions.end(headers.get("cookie"), { request, client, isSecure });
      await recorder.settled();
      return new Response(null, { status: 204, headers: { "Set-Cookie": cookie } });
    },
  }),
];

function known({ user, role }: Requester) {
  if (role === "nobody") throw new HttpError(401, "nobody is signed in");
  return { name: user, role };
}

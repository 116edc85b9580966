/** The one way to the service: JSON in and out, with the session's cookie. */
import { type Problem, problemIn, problemOf } from "./problem.ts";
import type { AnswerAt, Session, Task } from "./shapes.ts";

let onSignedOut = (): void => {};

/** Says what happens when the service knows the session no longer. */
export const whenSignedOut = (hear: () => void): void => {
  onSignedOut = hear;
};

/** Reads something. @throws Problem; what the signal was aborted with */
export async function ask<const Path extends string>(
  path: Path,
  signal?: AbortSignal,
): Promise<AnswerAt<Path>> {
  const response = await asked(path, signal === undefined ? {} : { signal });
  return response.json();
}

/** What the service answers to what is sent to a path. */
type Sent<Path extends string> = Path extends "/api/v1/session" ? Session : Task;

/** Sends something: a task is started, agreed to, ended. @throws Problem */
export async function send<const Path extends string>(path: Path, body?: object): Promise<Sent<Path>> {
  const headers = { "Content-Type": "application/json" };
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers };
  const response = await asked(path, { method: "POST", ...init });
  return response.json();
}

/** Ends something. @throws Problem */
export async function remove(path: string): Promise<void> {
  await asked(path, { method: "DELETE" });
}

async function asked(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw problemOf(error);
  });
  if (response.ok) return response;
  throw await refusal(response, path, init.method);
}

async function refusal(response: Response, path: string, method?: string): Promise<Problem> {
  // A wrong token ends no session.
  if (response.status === 401 && !(path === "/api/v1/session" && method === "POST")) onSignedOut();
  return problemIn(response);
}

/** A path with a query; what is undefined or empty is left out. */
export function withQuery<const Path extends string>(
  path: Path,
  query: Readonly<Record<string, string | number | undefined>>,
): `${Path}?${string}` {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return `${path}?${new URLSearchParams(given)}`;
}

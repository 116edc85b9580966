/** Single objects that a Grafana cannot read, write, or show as they should be. */
import type { Fields } from "./store.ts";

/** Each is asked about every object in a body, at any depth. */
export interface GrafanaKnobs {
  /** What cannot be read: an answer in which it would be is 500. */
  isUnreadable?: ((object: Fields) => boolean) | undefined;
  /** What is not of the right shape any more: a number stands in its place. */
  isMalformed?: ((object: Fields) => boolean) | undefined;
  /** What cannot be written: 500. */
  failsToTake?: ((object: Fields) => boolean) | undefined;
}

const failure = (): Response =>
  Response.json({ message: "Internal server error", traceID: "", statusCode: 500 }, { status: 500 });

/** Answers a request, unless a knob has it otherwise. */
export async function withKnobs(
  { isUnreadable, isMalformed, failsToTake }: GrafanaKnobs,
  request: Request,
  handle: (request: Request) => Promise<Response>,
): Promise<Response> {
  if (failsToTake !== undefined && request.method !== "GET" && holds(await bodyOf(request), failsToTake))
    return failure();
  const answer = await handle(request);
  if (!answer.ok || (isUnreadable === undefined && isMalformed === undefined)) return answer;
  const body = await bodyOf(answer);
  if (isUnreadable !== undefined && holds(body, isUnreadable)) return failure();
  if (isMalformed === undefined || !holds(body, isMalformed)) return answer;
  return Response.json(malformed(body, isMalformed), answer);
}

async function bodyOf(message: Request | Response): Promise<unknown> {
  try {
    return JSON.parse(await message.clone().text());
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function holds(value: unknown, isIt: (object: Fields) => boolean): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (isObject(value) && isIt(value)) || Object.values(value).some((one) => holds(one, isIt));
}

function malformed(value: unknown, isIt: (object: Fields) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => malformed(one, isIt));
  if (!isObject(value)) return value;
  if (isIt(value)) return 7;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, malformed(one, isIt)]));
}

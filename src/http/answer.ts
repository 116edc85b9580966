import type { HttpAnswer } from "../plugin/contract.ts";
import { PluginError } from "../plugin/errors.ts";
import type { CallPlace } from "./classify.ts";
import type { TimeLimit } from "./time-limit.ts";

/** A response whose body is read under the call's time limit, with classified errors. */
export function createAnswer(response: Response, limit: TimeLimit, place: CallPlace): HttpAnswer {
  const whole = async <Result>(read: Promise<Result>): Promise<Result> => {
    const body = await limit.guard(read);
    limit.done();
    return body;
  };
  const text = (): Promise<string> => whole(response.text());
  return {
    status: response.status,
    headers: response.headers,
    text,
    bytes: () => whole(response.bytes()),
    json: async () => parseJson(await text(), response, place),
    body: chunks(response, limit),
  };
}

/** The body as it comes; the time limit counts from the last piece, since a long answer may take long. */
async function* chunks(response: Response, limit: TimeLimit): AsyncIterable<Uint8Array> {
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const piece = await limit.guard(
        reader?.read() ?? Promise.resolve({ done: true as const, value: undefined }),
      );
      if (piece.done) return;
      limit.restart();
      yield piece.value;
    }
  } finally {
    limit.done();
    await reader?.cancel().catch(() => undefined);
  }
}

/** A web page is a wrong address; anything else that is not JSON may be an answer that was cut, so it may be asked again. */
function parseJson(source: string, response: Response, place: CallPlace): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    const message = `${place.server}: ${place.call} answered ${response.status} with ${described(source)}`;
    if (!isPage(source)) throw new PluginError("temporary", message, { cause });
    const hint = "Is `url` the server itself, not a login page or a proxy in front of it?";
    throw new PluginError("invalid", message, { hint, cause });
  }
}

const isPage = (source: string): boolean => /^\s*</.test(source);

function described(source: string): string {
  if (source.trim() === "") return "an empty body instead of JSON";
  if (isPage(source)) return "a web page instead of JSON";
  return `${source.length} characters that are not whole JSON`;
}

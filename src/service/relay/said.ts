/** What headers say of a run: whom it is for, what it is about, and how much of it is kept. */
import { CONTENTS, contentWithin } from "../../activity/content/ceiling.ts";
import type { KeptContent } from "../../activity/content/keep.ts";
import type { NewRun } from "../../activity/log.ts";
import { given } from "../../units/given.ts";
import { HttpError } from "../listen/problem.ts";

/** What of a run its caller names. */
type Said = Partial<
  Pick<NewRun, "user" | "entity" | "conversation" | "traceId" | "spanId" | "parentId" | "provider">
>;

/** By the headers of a request, and by the trace that it belongs to. */
export function saidIn(headers: Headers): Said {
  const said = (name: string): string | undefined => textOf(headers.get(`x-contextcore-${name}`));
  const [, traceId, parentId] =
    /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-/.exec(headers.get("traceparent") ?? "") ?? [];
  return given({
    user: said("user"),
    entity: entityOf(said("entity")),
    conversation: said("conversation"),
    traceId: said("trace-id") ?? traceId,
    spanId: said("span-id"),
    parentId: said("parent-id") ?? parentId,
    provider: said("provider"),
  });
}

/** `ticket:4711`, as on the command line. What is no such label is left out: it is no reason to refuse a call. */
function entityOf(text: string | undefined): NewRun["entity"] {
  const [, type, id] = /^([^:]+):(.+)$/s.exec(text ?? "") ?? [];
  return type !== undefined && id !== undefined ? { type, id } : undefined;
}

/** Bytes of a header are a character each; most programs mean UTF-8. */
function textOf(header: string | null): string | undefined {
  if (header === null || header === "") return undefined;
  const bytes = Buffer.from(header, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return header;
  }
}

/** A call may ask for less than is set, and never for more. @throws HttpError for what is no such word */
export function keptContentOf(headers: Headers, most: KeptContent): KeptContent {
  const text = headers.get("x-activity-content")?.trim().toLowerCase();
  if (text === undefined) return most;
  const asked = CONTENTS.find((one) => one === text);
  if (asked === undefined)
    throw new HttpError(400, `X-Activity-Content is ${CONTENTS.slice(0, 2).join(", ")} or ${CONTENTS[2]}`);
  return contentWithin(asked, most);
}

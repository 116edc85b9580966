/** A request's query and body: bounded, then checked against the route's schemas. */
import * as v from "valibot";
import { closest } from "../../config/closest.ts";
import { HttpError } from "./problem.ts";
import type { Route } from "./route.ts";

/** More than most bodies that are meant, bytes. */
const BODY_MAX = 1_048_576;

/** Reads the query. @throws HttpError naming what is wrong with it */
export function readQuery({ query }: Route, given: URLSearchParams): unknown {
  const names = [...given.keys()];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new HttpError(400, `${twice} is given more than once`);
  return checked(query ?? v.strictObject({}), Object.fromEntries(given), "the query");
}

/** Reads the body. @throws HttpError: 413 beyond the limit, 415 for what is no JSON, 400 naming what is wrong with it */
export async function readBody({ body, bodyMax = BODY_MAX }: Route, request: Request): Promise<unknown> {
  if (body === undefined) return undefined;
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new HttpError(
      415,
      `a body of ${type ?? "no type"} is not read`,
      "send JSON, with `Content-Type: application/json`",
    );
  return checked(body, parsed(await bounded(request, bodyMax)), "the body");
}

async function bounded(request: Request, most: number): Promise<Buffer> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (declared <= most)
    for await (const piece of request.body ?? []) {
      bytes += piece.length;
      if (bytes > most) break;
      pieces.push(piece);
    }
  if (Math.max(bytes, declared) <= most) return Buffer.concat(pieces);
  throw new HttpError(413, `the body is longer than ${most} bytes`);
}

function parsed(bytes: Buffer): unknown {
  if (isDeep(bytes)) throw new HttpError(400, `the body is nested more than ${DEPTH_MAX} times`);
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new HttpError(400, "the body is not JSON");
  }
}

/** Deeper than anything that is meant, and far from what takes a long time, or too much of a stack, to walk. */
const DEPTH_MAX = 200;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Looks at the bytes alone: JSON's signs stand for themselves in UTF-8. */
function isDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === BACKSLASH ? 1 : 0;
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

/** @param whole what it is, for messages */
function checked(schema: v.GenericSchema, value: unknown, whole: string): unknown {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const known = "entries" in schema ? Object.keys(schema.entries as object) : [];
  const all = result.issues.map((issue) => told(issue, known));
  throw new HttpError(
    400,
    `${whole} is wrong: ${all.map(({ what }) => what).join("; ")}`,
    all.find(({ hint }) => hint)?.hint,
  );
}

function told(
  issue: v.BaseIssue<unknown>,
  known: readonly string[],
): { what: string; hint?: string | undefined } {
  const where = v.getDotPath(issue);
  if (issue.type === "strict_object" && issue.expected === "never" && where !== null) {
    const meant = closest(where, known);
    const hint = meant === undefined ? `there are ${known.join(", ") || "none"}` : `did you mean ${meant}?`;
    return { what: `${where} is not known`, hint };
  }
  if (issue.received === "undefined" && where !== null) return { what: `${where} is missing` };
  return { what: where === null ? issue.message : `${where}: ${issue.message}` };
}

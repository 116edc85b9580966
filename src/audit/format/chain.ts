/**
 * One event as text: the line in the file, and the canonical form that its hash covers. Both consist of the same pieces
 * in a different order. So if a line has the right hash and is written again identically, not a byte of it has changed.
 */
import type { Json } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { isList } from "../../units/json.ts";
import { nestsDeeper } from "../../units/nesting.ts";
import { type AuditEvent, OUTCOMES, type Outcome } from "./event.ts";
import { DETAILS_LEVELS_MAX } from "./limits.ts";

/** `prev_hash` of a trail's first event. */
export const GENESIS = "0".repeat(64);

/** An event before its hash is known. */
export type UnsealedEvent = Omit<AuditEvent, "hash">;

/** An event with its hash, and as it stands in the file. */
export interface SealedEvent {
  readonly event: AuditEvent;
  /** Without the newline. */
  readonly line: string;
}

/** Adds the hash: SHA-256 over the canonical form of everything else. */
export function seal(unsealed: UnsealedEvent): SealedEvent {
  const { hash, line } = textOf(unsealed);
  return { event: { ...unsealed, hash }, line };
}

/**
 * Reads a line and proves it: it is an event, written the way this program writes it, and its hash matches its content.
 * @throws LineError that says which of these is not so
 */
export function readLine(line: string): AuditEvent {
  const event = parseLine(line);
  const expected = expectedOf(event);
  if (expected.hash !== event.hash) throw new LineError("its hash does not match its content");
  if (expected.line !== line) throw new LineError("it is not written the way the trail writes it");
  return event;
}

function expectedOf(event: AuditEvent): ReturnType<typeof textOf> {
  try {
    return textOf(event);
  } catch (error) {
    if (error instanceof RangeError) throw new LineError("it nests deeper than can be read");
    throw error;
  }
}

/** Whether a line is an event, written the way the trail writes it, with a matching hash. */
export function isProven(line: string): boolean {
  try {
    readLine(line);
    return true;
  } catch (error) {
    if (error instanceof LineError) return false;
    throw error;
  }
}

/** Reads a line without proving it. @throws LineError when it is not an event. */
export function parseLine(line: string): AuditEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LineError("it is not JSON");
  }
  const wrong = firstWrongField(value);
  if (wrong !== undefined) throw new LineError(`its field ${wrong} is missing or has a wrong type`);
  const event = value as AuditEvent; // checked field by field just now
  if (nestsDeeper(event.details, DETAILS_LEVELS_MAX)) throw new LineError("it nests deeper than can be read");
  return event;
}

/** The event in a line; `undefined` if it cannot be read, which `audit verify` reports. */
export function eventOf(line: string): AuditEvent | undefined {
  try {
    return parseLine(line);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

/** A line of the trail is not what it should be. */
export class LineError extends Error {
  override readonly name = "LineError";
}

function textOf(event: UnsealedEvent): { readonly hash: string; readonly line: string } {
  const id = `"id":${JSON.stringify(event.id)}`;
  const time = `"seq":${event.seq},"timestamp":${JSON.stringify(event.timestamp)}`;
  const act = `"operation":${JSON.stringify(event.operation)},"outcome":${JSON.stringify(event.outcome)}`;
  const user = `"user":${JSON.stringify(event.user)}`;
  const via = event.via === undefined ? "" : `,"via":${JSON.stringify(event.via)}`;
  const request = event.request === undefined ? "" : `,"request":${JSON.stringify(event.request)}`;
  const host = `"host":${JSON.stringify(event.host)}`;
  const project = `"project":${JSON.stringify(event.project)}`;
  const details = `"details":${canonicalJson(event.details)}`;
  const affected = `"data_affected":${JSON.stringify(event.data_affected)}`;
  const path = event.export_path === undefined ? "" : `,"export_path":${JSON.stringify(event.export_path)}`;
  const ref = event.ref === undefined ? "" : `,"ref":${JSON.stringify(event.ref)}`;
  const prev = `"prev_hash":${JSON.stringify(event.prev_hash)}`;
  const sorted = `{${affected},${details}${path},${host},${id},${act},${prev},${project}${ref}${request},${time},${user}${via}}`;
  const hash = Bun.SHA256.hash(sorted, "hex");
  const start = `{${id},${time},${act},${user}${via}${request},${host},${project},${details},${affected}${path}${ref}`;
  return { hash, line: `${start},${prev},"hash":"${hash}"}` };
}

const KNOWN_OUTCOMES: ReadonlySet<string> = new Set(OUTCOMES);
/** Whether the text is one of the {@link OUTCOMES}. */
export const isOutcome = (text: string): text is Outcome => KNOWN_OUTCOMES.has(text);

const isText = (value: unknown): value is string => typeof value === "string";
const isOptionalText = (value: unknown): boolean => value === undefined || isText(value);
const isHash = (value: unknown): boolean => isText(value) && value.length === 64;

/** Every event's line begins with this. */
export const EVENT_BEGINS = '{"id":"';

/** What each field must be, in the order of the file. */
const FIELDS: readonly (readonly [keyof AuditEvent, (value: unknown) => boolean])[] = [
  ["id", isText],
  ["seq", (value) => Number.isSafeInteger(value)],
  ["timestamp", isText],
  ["operation", isText],
  ["outcome", (value) => isText(value) && isOutcome(value)],
  ["user", isText],
  ["via", isOptionalText],
  ["request", isOptionalText],
  ["host", isText],
  ["project", isText],
  ["details", (value) => typeof value === "object" && value !== null && !isList(value as Json)],
  ["data_affected", (value) => Array.isArray(value) && value.every(isText)],
  ["export_path", isOptionalText],
  ["ref", isOptionalText],
  ["prev_hash", isHash],
  ["hash", isHash],
];

function firstWrongField(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "id";
  for (const [name, fits] of FIELDS) if (!fits(Reflect.get(value, name))) return name;
  return undefined;
}

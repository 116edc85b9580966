/**
 * Objects that are too large for one call, and are to be written only if they are absent. Some services ignore that condition
 * where an upload in parts ends, and heed it where an object is written by one call. There, whoever ends an upload holds a ticket
 * meanwhile: a small object that is written only if it is absent.
 */
import { messageOf, PluginError } from "contextcore";
import { type Bucket, checksumsOf } from "./bucket.ts";
import { sha256Of } from "./sign.ts";
import { askAbout, statOf } from "./stat.ts";
import { REFUSALS, type Written } from "./write.ts";

/** A backslash is in no object's name, so that no listing has a ticket. */
export const ticketOf = ({ prefix }: Bucket, name: string): string => `${prefix}ticket\\${sha256Of(name)}`;

/** A ticket is held for two calls: whoever holds it for longer was killed. ms */
const HELD_MS = 10 * 60_000;

/** What the end of an upload works with. */
interface Ticketed {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Removes all versions of a key. */
  readonly removeKey: (key: string, signal: AbortSignal) => Promise<void>;
}

/** Ends an upload, unless there is such an object. @throws PluginError `temporary` while somebody else ends one */
export async function withTicket(
  bucket: Bucket,
  { name, signal, removeKey }: Ticketed,
  end: () => Promise<Written>,
): Promise<Written> {
  const ticket = ticketOf(bucket, name);
  const isTaken = await take(bucket, ticket, signal);
  if ((await statOf(bucket, name, signal)) !== undefined) {
    if (isTaken) await drop(bucket, ticket, removeKey);
    return "there already";
  }
  if (!isTaken) return giveUp(bucket, ticket, { name, signal, removeKey });
  try {
    return await end();
  } finally {
    await drop(bucket, ticket, removeKey);
  }
}

async function take(bucket: Bucket, key: string, signal: AbortSignal): Promise<boolean> {
  const body = Buffer.from("somebody ends an upload");
  const headers = { ...checksumsOf(bucket, body), "if-none-match": "*" };
  const answer = await bucket.send({ method: "PUT", key, body, headers, accept: REFUSALS, signal });
  await answer.text();
  return answer.status < 300;
}

/** Whoever comes next finds it. */
async function drop(bucket: Bucket, ticket: string, removeKey: Ticketed["removeKey"]): Promise<void> {
  try {
    await removeKey(ticket, new AbortController().signal);
  } catch (error) {
    bucket.log.warn(`${ticket} could not be removed, and is in the way for ten minutes: ${messageOf(error)}`);
  }
}

async function giveUp(bucket: Bucket, ticket: string, { name, signal, removeKey }: Ticketed): Promise<never> {
  const about = await askAbout(bucket, { key: ticket }, signal);
  const since = about === undefined || about === "cold" ? "" : (about.headers.get("last-modified") ?? "");
  const age = Number(bucket.clock() / 1_000_000n) - Date.parse(since);
  if (age > HELD_MS) await removeKey(ticket, signal);
  throw new PluginError("temporary", `somebody else is writing ${name} at this moment`);
}

/** Compares each server's clock with ours, by the Date header of any answer (RFC 9110 §6.6.1, whole seconds). */
import { aboutLook, type OnRequest, watched } from "../http/watched.ts";
import { SKEW_MAX_MS } from "../units/clock-skew.ts";
import { formatDuration } from "../units/duration.ts";
import { fromMs } from "../units/range.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import type { DoctorDiagnostic } from "./diagnostic.ts";

interface Server {
  readonly name: string;
  /** Absent for a backend without a server. */
  readonly url?: string;
}

const LIMIT_MS = 5_000;

/** One finding for each server that tells the time. */
export async function examineClocks(
  servers: readonly Server[],
  signal: AbortSignal,
  onRequest?: OnRequest,
): Promise<DoctorDiagnostic[]> {
  const findings = servers.map(async ({ name, url }) =>
    url === undefined ? [] : judged(name, await skewOf({ name, url }, signal, onRequest)),
  );
  return (await Promise.all(findings)).flat();
}

function judged(name: string, skewMs: number | undefined): DoctorDiagnostic[] {
  if (skewMs === undefined) return [];
  const size = formatDuration(fromMs(Math.abs(skewMs)));
  if (Math.abs(skewMs) <= SKEW_MAX_MS)
    return [{ subject: "clock", severity: "ok", message: `${name}'s agrees with ours` }];
  const message = `${name}'s is ${size} ${skewMs > 0 ? "ahead of" : "behind"} ours`;
  const hint = "Synchronize both clocks (chrony, systemd-timesyncd), or an export may miss the newest data.";
  return [{ subject: "clock", severity: "warning", message, hint }];
}

/** Their time minus ours, ms; `undefined` when the server does not say, which is not an error. */
async function skewOf(
  { name, url }: Required<Server>,
  signal: AbortSignal,
  onRequest: OnRequest | undefined,
): Promise<number | undefined> {
  const asked = Date.now();
  const ask = async (limit: AbortSignal): Promise<number> => {
    const send = () => fetch(url, { signal: limit, redirect: "manual" });
    const answer = await watched(aboutLook(name, url), send, onRequest);
    await answer.body?.cancel();
    return Date.parse(answer.headers.get("date") ?? "");
  };
  try {
    const theirs = await withTimeLimit(ask, signal, { limitMs: LIMIT_MS });
    // The header is cut to whole seconds, so half a second more is the better guess.
    return Number.isNaN(theirs) ? undefined : theirs + 500 - (asked + Date.now()) / 2;
  } catch {
    return undefined;
  }
}

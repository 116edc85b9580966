/** Examines the servers of models that the relay leads to: each is asked once, without a key. */
import { isLoopback } from "../agreement/loopback.ts";
import type { Upstream } from "../config/upstreams.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { type DoctorDiagnostic, problemOf } from "./diagnostic.ts";

interface ExamineOptions {
  readonly signal: AbortSignal;
  /** How long each may take, ms. */
  readonly timeoutMs: number;
}

/** Calls each of them. */
export const examineUpstreams = async (
  upstreams: Iterable<Upstream>,
  options: ExamineOptions,
): Promise<DoctorDiagnostic[]> => Promise.all([...upstreams].map((one) => examined(one, options)));

async function examined(
  upstream: Upstream,
  { signal, timeoutMs }: ExamineOptions,
): Promise<DoctorDiagnostic> {
  const { name, url } = upstream;
  const late = () => new Error(`no answer within ${timeoutMs / 1_000} s`);
  try {
    const ask = (limit: AbortSignal) =>
      fetch(`${url}/v1/models`, {
        redirect: "manual",
        signal: limit,
        headers: { Accept: "application/json" },
      });
    const answer = await withTimeLimit(ask, signal, { limitMs: timeoutMs, late });
    await answer.body?.cancel();
    return answered(upstream, answer.status);
  } catch (error) {
    const { message } = problemOf(name, error);
    const hint = `Compare \`activity.upstreams.${name}.url\` with the server's address, and see whether this machine may go there.`;
    return { subject: name, severity: "problem", message: `${url} cannot be reached: ${message}`, hint };
  }
}

/** Whoever asks for a key is there. */
function answered({ name, url }: Upstream, status: number): DoctorDiagnostic {
  const found = (
    severity: DoctorDiagnostic["severity"],
    message: string,
    hint: string,
  ): DoctorDiagnostic => ({
    ...{ subject: name, severity, message, hint },
  });
  if (status >= 500)
    return found(
      "warning",
      `${url} answers with ${status}`,
      "See whether the server is well; calls through the relay get the same.",
    );
  if (status === 404 || (status >= 300 && status < 400))
    return found(
      "warning",
      `${url}/v1/models answers with ${status}: there may be no such interface`,
      "The url ends where the paths of the interface begin: https://api.example.com, without /v1.",
    );
  if (url.startsWith("http:") && !isLoopback(url))
    return found("note", `answers at ${url}`, "Keys and prompts are sent there unencrypted.");
  return { subject: name, severity: "ok", message: `answers at ${url}` };
}

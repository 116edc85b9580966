/** Object lock: until when an object can neither be removed nor replaced. */
import { given, PluginError } from "contextcore";
import { type Bucket, checksumsOf, isUnavailable, type LockMode } from "./bucket.ts";
import { askAbout, lockEnd, lockEndIn, type Which } from "./stat.ts";
import { textAt } from "./xml.ts";

/** S3 keeps whole seconds: never less than was asked for. */
const textOf = (until: bigint): string =>
  new Date(Number((until + 999_999_999n) / 1_000_000_000n) * 1_000).toISOString().replace(".000", "");

/** Headers by which an object is locked as soon as it is there. @throws PluginError `invalid` without a mode */
export function lockHeaders(
  { lock }: Pick<Bucket, "lock">,
  until: bigint | undefined,
): Record<string, string> {
  if (until === undefined) return {};
  if (lock === undefined)
    throw new PluginError("invalid", "an object is to be locked, and the option `lock` is not set");
  return { "x-amz-object-lock-mode": lock, "x-amz-object-lock-retain-until-date": textOf(until) };
}

type End = bigint | "hold" | undefined;

/** When the lock of an object ends, ns; `hold`: when somebody lifts it; `undefined`: there is none. */
async function lockOf(bucket: Bucket, which: Which, signal: AbortSignal): Promise<End> {
  const about = await askAbout(bucket, which, signal);
  if (about === undefined) return undefined;
  if (about === "cold") return lockOfCold(bucket, which, signal);
  if (about.headers.get("x-amz-object-lock-legal-hold") === "ON") return "hold";
  return lockEndIn(about.headers);
}

/** An object in an archive does not answer for itself. */
async function lockOfCold(bucket: Bucket, { key, version }: Which, signal: AbortSignal): Promise<End> {
  const ask = async (what: "retention" | "legal-hold") => {
    try {
      return await bucket.ask({ key, query: { [what]: "", versionId: version }, signal });
    } catch (error) {
      // It has none, or nobody may ask: then the removal is refused.
      if (isUnavailable(error)) return undefined;
      throw error;
    }
  };
  const [retention, hold] = await Promise.all([ask("retention"), ask("legal-hold")]);
  if (hold !== undefined && textAt(hold, "Status") === "ON") return "hold";
  return lockEnd((retention && textAt(retention, "RetainUntilDate")) ?? "");
}

/** Locks the newest version of an object. @throws PluginError `refused` when that would shorten its lock */
export async function lockUntil(
  bucket: Bucket & { readonly lock: LockMode },
  name: string,
  until: bigint,
  signal: AbortSignal,
): Promise<void> {
  const key = bucket.prefix + name;
  const present = await lockOf(bucket, { key }, signal);
  if (typeof present === "bigint" && present > until)
    throw new PluginError("refused", `${name} is locked until ${textOf(present)}, and no lock is shortened`);
  const date = `<RetainUntilDate>${textOf(until)}</RetainUntilDate>`;
  const body = Buffer.from(
    `<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>${bucket.lock}</Mode>${date}</Retention>`,
  );
  const headers = { "content-type": "application/xml", ...checksumsOf(bucket, body) };
  const answer = await bucket.send({ method: "PUT", key, query: { retention: "" }, headers, body, signal });
  await answer.text();
}

/** S3 keeps a locked version and puts a new one in front of it. @throws PluginError `refused` while the object is locked */
export async function requireReplaceable(bucket: Bucket, name: string, signal: AbortSignal): Promise<void> {
  if (bucket.lock === undefined) return;
  const until = await lockOf(bucket, { key: bucket.prefix + name }, signal);
  if (isOver(until, bucket)) return;
  throw new PluginError("refused", `${name} is locked ${endOf(until)}, and was not replaced`);
}

/** @throws PluginError `refused` while a lock protects this version */
export async function requireUnlocked(bucket: Bucket, which: Which, signal: AbortSignal): Promise<void> {
  const until = await lockOf(bucket, which, signal);
  if (isOver(until, bucket)) return;
  const name = which.key.slice(bucket.prefix.length);
  const hint = until === "hold" ? "Whoever placed the hold can lift it." : undefined;
  throw new PluginError(
    "refused",
    `${name} is locked ${endOf(until)}, and nothing of it was removed`,
    given({ hint }),
  );
}

const isOver = (until: End, { clock }: Bucket): boolean =>
  until === undefined || (until !== "hold" && until <= clock());

const endOf = (until: End): string =>
  typeof until === "bigint" ? `until ${textOf(until)}` : "by a legal hold";

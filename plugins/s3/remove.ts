/** Removing an object for good: all its versions, the marks of its deletion, and what interrupted writes have left. */
import { askedOnce, messageOf, PluginError } from "contextcore";
import { type Bucket, isUnavailable } from "./bucket.ts";
import { uploadsOf, type Version, versionsOf } from "./list.ts";
import { requireUnlocked } from "./lock.ts";
import { endUpload } from "./multipart.ts";
import { ticketOf } from "./ticket.ts";
import { textAt } from "./xml.ts";

/** What a bucket does with what is removed. `undefined`: the credentials may not ask. */
interface Keeping {
  readonly isVersioned: boolean | undefined;
  readonly isLockable: boolean | undefined;
}

/** Removes things of one bucket. */
export interface Remover {
  /** An object, with everything that is left of writing it. */
  removeObject(name: string, signal: AbortSignal): Promise<void>;
  /** All versions of one key. */
  removeKey(key: string, signal: AbortSignal): Promise<void>;
}

/** What a bucket does with what is removed is asked once. */
export function createRemover(bucket: Bucket): Remover {
  const keeping = askedOnce((signal) => keepingOf(bucket, signal));
  const removeKey = async (key: string, signal: AbortSignal): Promise<void> => {
    const { isVersioned, isLockable } = await keeping(signal);
    const versions = isVersioned === false ? undefined : await readableVersions(bucket, key, signal);
    if (isLockable !== false)
      for (const { id, isMark } of versions ?? [])
        if (!isMark) await requireUnlocked(bucket, { key, version: id }, signal);
    if (versions === undefined) await removePlainly(bucket, key, signal);
    else for (const version of versions) await removeVersion(bucket, key, version, signal);
  };
  return {
    removeKey,
    async removeObject(name, signal) {
      const key = bucket.prefix + name;
      await removeKey(key, signal);
      await Promise.all([endUploads(bucket, key, signal), removeKey(ticketOf(bucket, name), signal)]);
    },
  };
}

async function keepingOf(bucket: Bucket, signal: AbortSignal): Promise<Keeping> {
  const ask = async (what: string) => {
    try {
      return await bucket.ask({
        query: { [what]: "" },
        signal,
        accept: ["ObjectLockConfigurationNotFoundError"],
      });
    } catch (error) {
      if (isUnavailable(error)) return "unknown" as const;
      throw error;
    }
  };
  const [versioning, locking] = await Promise.all([ask("versioning"), ask("object-lock")]);
  const said = (answer: typeof versioning, path: string) =>
    answer === "unknown" ? undefined : answer !== undefined && textAt(answer, path) !== undefined;
  return { isVersioned: said(versioning, "Status"), isLockable: said(locking, "ObjectLockEnabled") };
}

/** `undefined` where versions are unknown, or may not be listed. */
async function readableVersions(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<Version[] | undefined> {
  try {
    return await versionsOf(bucket, key, signal);
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

async function removeVersion(
  bucket: Bucket,
  key: string,
  { id }: Version,
  signal: AbortSignal,
): Promise<void> {
  const query = { versionId: id };
  const answer = await bucket.send({
    method: "DELETE",
    key,
    query,
    accept: ["NoSuchVersion", "NoSuchKey"],
    signal,
  });
  await answer.text();
}

/** @throws PluginError `refused` when the bucket kept it as an older version */
async function removePlainly(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  const answer = await bucket.send({ method: "DELETE", key, accept: ["NoSuchKey"], signal });
  const said = await answer.text();
  if (/^\s*<(!doctype|html)/i.test(said))
    throw new PluginError("invalid", `the answer to the removal of ${key} is not what S3 says`, {
      hint: "Is `url` an S3 service itself, not a web page or a proxy in front of it?",
    });
  if (answer.headers.get("x-amz-delete-marker") === "true")
    throw new PluginError("refused", `${key} was only marked as deleted: the bucket keeps its versions`, {
      hint: "Allow these credentials s3:ListBucketVersions and s3:DeleteObjectVersion.",
    });
}

/** A service that knows no uploads, or does not let them be listed, has to be believed that there are none. */
async function endUploads(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  try {
    for (const id of await uploadsOf(bucket, key, signal)) await endUpload(bucket, { key, id }, signal);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    bucket.log.debug(`unfinished uploads of ${key} could not be looked for: ${messageOf(error)}`);
  }
}

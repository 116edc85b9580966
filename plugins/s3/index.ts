/** A bucket of Amazon S3, or of a service that speaks like it, as a store. */
import {
  type Context,
  definePlugin,
  isObjectName,
  option,
  requireObjectName,
  type Store,
  v,
} from "contextcore";
import { type Bucket, createBucket, type LockMode } from "./bucket.ts";
import { createCredentials } from "./credentials.ts";
import { lifecycleOf } from "./lifecycle.ts";
import { listObjects } from "./list.ts";
import { lockUntil } from "./lock.ts";
import { readObject } from "./read.ts";
import { createRemover } from "./remove.ts";
import { statOf } from "./stat.ts";
import { createWriter } from "./writer.ts";

const AMAZON = "https://s3.amazonaws.com";

/** S3 allows 1,024 bytes for a key, and a name has up to 900. */
const PREFIX_BYTES_MAX = 120;

const { url, ca } = option.serverOptions(AMAZON, { url: ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] });

const options = v.object({
  url: v.optional(
    v.pipe(url.wrapped, v.description("The service; default: Amazon's, in the region")),
    AMAZON,
  ),
  region: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z0-9-]{1,40}$/, "not a region, such as eu-central-1"),
      v.description("The bucket's region"),
      v.metadata({ env: ["AWS_REGION", "AWS_DEFAULT_REGION"] }),
    ),
    "us-east-1",
  ),
  bucket: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, "not the name of a bucket"),
    v.description("The bucket, which must exist"),
    v.metadata({ reaches: "address" }),
  ),
  prefix: v.optional(
    v.pipe(
      v.string(),
      v.check(isPrefix, `not a prefix: parts between slashes, at most ${PREFIX_BYTES_MAX} bytes`),
      v.description("What the keys in the bucket begin with, such as backups/shop"),
      v.metadata({ reaches: "address" }),
    ),
  ),
  addressing: v.optional(
    v.pipe(
      v.picklist(["path", "host"]),
      v.description("Where the bucket stands in a URL: in its path, or in front of the host's name"),
    ),
    "path",
  ),
  accessKeyId: option.secret("Access key", ["AWS_ACCESS_KEY_ID"]),
  secretAccessKey: option.secret("Secret access key", ["AWS_SECRET_ACCESS_KEY"]),
  sessionToken: option.secret("Session token of temporary keys", ["AWS_SESSION_TOKEN"]),
  keysFile: v.optional(
    v.pipe(
      v.string(),
      v.description("A file with keys, as AWS tools keep them; default: ~/.aws/credentials"),
      v.metadata({ path: true, reaches: "path" }),
    ),
  ),
  profile: option.text("The profile in that file, which then wins over keys; default: default"),
  checksums: v.optional(
    v.pipe(
      v.boolean(),
      v.description("Send SHA-256 checksums as headers; false for services that refuse them: then MD5"),
    ),
    true,
  ),
  lock: v.optional(
    v.pipe(
      v.picklist(["governance", "compliance"]),
      v.description("How objects are locked, in a bucket with object lock; absent: they are not"),
    ),
  ),
  ca,
});

function isPrefix(prefix: string): boolean {
  const own = prefix.replace(/\/$/, "");
  return own === "" ? prefix === "" : isObjectName(own) && Buffer.byteLength(own) < PREFIX_BYTES_MAX;
}

type Options = v.InferOutput<typeof options>;

export default definePlugin({
  name: "s3",
  about: "Amazon S3, or a service that speaks like it: Ceph, MinIO, R2 and others",
  options,
  store: (context): Store => {
    const bucket = bucketOf(context);
    const { lock } = bucket;
    const remover = createRemover(bucket);
    const write = createWriter(bucket, remover);
    return {
      list: (prefix, signal) => listObjects(bucket, prefix, signal),
      stat: async (name, signal) => statOf(bucket, requireObjectName(name), signal),
      read: (name, range, signal) => readObject(bucket, name, range, signal),
      write,
      remove: async (name, signal) => remover.removeObject(requireObjectName(name), signal),
      ...(lock === undefined
        ? {}
        : {
            retainUntil: async (name: string, until: bigint, signal: AbortSignal) =>
              lockUntil({ ...bucket, lock }, requireObjectName(name), until, signal),
          }),
      lifecycle: lifecycleOf(bucket),
    };
  },
});

function bucketOf({ options, http, clock, log }: Context<Options>): Bucket {
  const { prefix = "", addressing, lock } = options;
  const endpoint = regionalUrl(options);
  return createBucket({
    ...options,
    prefix: prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`,
    isHost: addressing === "host",
    lock: lock?.toUpperCase() as LockMode | undefined,
    keys: createCredentials(options),
    clock,
    http: endpoint === undefined ? http : http.at(endpoint),
    log,
  });
}

/** Amazon has an address for each region; `undefined` when another service is named. */
function regionalUrl({ url, region }: Options): string | undefined {
  if (url !== AMAZON) return undefined;
  return `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

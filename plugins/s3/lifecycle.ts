/**
 * Our own rules among those of the bucket. S3 replaces all rules at once, so those of others are read first, and written
 * back as they were.
 */
import { given, type LifecycleRule, PluginError, type StoreLifecycle } from "contextcore";
import { type Bucket, checksumsOf } from "./bucket.ts";
import { RETRIEVAL } from "./read.ts";
import { sha256Of } from "./sign.ts";
import { childrenOf, escaped, parseXml, textAt, type XmlElement } from "./xml.ts";

const DAY_NS = 86_400n * 1_000_000_000n;

/** Rules of other kinds of services, or of newer ones, may say how small an object may be that changes its class. */
const KEPT_HEADER = "x-amz-transition-default-minimum-object-size";

/** The store's part for ageing objects. */
export function lifecycleOf(bucket: Bucket): StoreLifecycle {
  return {
    async read(signal) {
      const { own } = await rulesIn(bucket, signal);
      return own.map((rule) => ruleOf(rule, bucket));
    },
    async write(rules, signal) {
      const { others, headers } = await rulesIn(bucket, signal);
      const all = [...others.map(({ raw }) => raw), ...rules.map((rule) => xmlOf(rule, bucket))];
      await replace(bucket, all, headers, signal);
      const { own } = await rulesIn(bucket, signal);
      requireInForce(
        own.map((rule) => ruleOf(rule, bucket).id),
        rules,
      );
    },
    retrieval: async (storageClass) => RETRIEVAL[storageClass],
  };
}

/** Several stores may share a bucket, each with its own prefix and its own rules. */
const idPrefix = ({ prefix }: Bucket): string => `contextcore-${sha256Of(prefix).slice(0, 8)}-`;

async function rulesIn(bucket: Bucket, signal: AbortSignal) {
  const answer = await bucket.send({
    query: { lifecycle: "" },
    accept: ["NoSuchLifecycleConfiguration"],
    signal,
  });
  const text = await answer.text();
  const rules = answer.status === 404 ? [] : childrenOf(rootIn(text), "Rule");
  const isOwn = (rule: XmlElement): boolean => (textAt(rule, "ID") ?? "").startsWith(idPrefix(bucket));
  const kept = answer.headers.get(KEPT_HEADER);
  return {
    own: rules.filter(isOwn),
    others: rules.filter((rule) => !isOwn(rule)),
    headers: kept === null ? {} : { [KEPT_HEADER]: kept },
  };
}

function rootIn(text: string): XmlElement {
  const root = parseXml(text);
  // Elements with a name space of their own could not be put into another document as they are.
  if (root.name === "LifecycleConfiguration" && !/<\/?[\w.-]+:/.test(text)) return root;
  throw new PluginError(
    "invalid",
    "the lifecycle rules of the bucket are written in a way that is not known",
    {
      hint: "They could not be kept as they are, so none is changed.",
    },
  );
}

async function replace(
  bucket: Bucket,
  rules: readonly string[],
  kept: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const call = { query: { lifecycle: "" }, signal } as const;
  if (rules.length === 0) {
    await (await bucket.send({ ...call, method: "DELETE" })).text();
    return;
  }
  const start = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`;
  const body = Buffer.from(`${start}${rules.join("")}</LifecycleConfiguration>`);
  const headers = { "content-type": "application/xml", ...checksumsOf(bucket, body), ...kept };
  await (await bucket.send({ ...call, method: "PUT", headers, body })).text();
}

function requireInForce(present: readonly string[], rules: readonly LifecycleRule[]): void {
  const missing = rules.find(({ id }) => !present.includes(id));
  if (missing === undefined && present.length === rules.length) return;
  const what = missing === undefined ? "others" : `no rule ${missing.id}`;
  throw new PluginError("temporary", `the rules were written, and then the bucket had ${what}`, {
    hint: "Somebody else may have changed them at the same time.",
  });
}

function xmlOf({ id, prefix, tags = {}, ...rule }: LifecycleRule, bucket: Bucket): string {
  const { abandonedUploadsAfter: uploads, noncurrentAfter, transitions = [] } = rule;
  const conditions = [
    element("Prefix", escaped(bucket.prefix + prefix)),
    ...Object.entries(tags).map(([key, value]) =>
      element("Tag", element("Key", escaped(key)) + element("Value", escaped(value))),
    ),
  ];
  const filter = conditions.length === 1 ? conditions.join("") : element("And", conditions.join(""));
  return element(
    "Rule",
    [
      element("ID", escaped(idPrefix(bucket) + id)),
      element("Filter", filter),
      element("Status", "Enabled"),
      ...transitions.map(({ after, storageClass }) =>
        element("Transition", element("Days", days(after)) + element("StorageClass", escaped(storageClass))),
      ),
      noncurrentAfter === undefined
        ? ""
        : element("NoncurrentVersionExpiration", element("NoncurrentDays", days(noncurrentAfter))),
      uploads === undefined
        ? ""
        : element("AbortIncompleteMultipartUpload", element("DaysAfterInitiation", days(uploads))),
    ].join(""),
  );
}

const element = (name: string, inside: string): string => `<${name}>${inside}</${name}>`;

/** S3 counts whole days: never fewer than was asked for. */
const days = (after: bigint): string => String((after + DAY_NS - 1n) / DAY_NS);

const after = (days: string | undefined): bigint | undefined =>
  days !== undefined && /^\d{1,6}$/.test(days) ? BigInt(days) * DAY_NS : undefined;

function ruleOf(rule: XmlElement, bucket: Bucket): LifecycleRule {
  const [filter = rule] = childrenOf(rule, "Filter");
  const [conditions = filter] = childrenOf(filter, "And");
  const prefix = textAt(conditions, "Prefix") ?? "";
  const tags = childrenOf(conditions, "Tag").map(
    (tag) => [textAt(tag, "Key") ?? "", textAt(tag, "Value") ?? ""] as const,
  );
  const transitions = childrenOf(rule, "Transition").flatMap((one) => {
    const time = after(textAt(one, "Days"));
    return time === undefined ? [] : [{ after: time, storageClass: textAt(one, "StorageClass") ?? "" }];
  });
  return {
    id: (textAt(rule, "ID") ?? "").slice(idPrefix(bucket).length),
    prefix: prefix.startsWith(bucket.prefix) ? prefix.slice(bucket.prefix.length) : prefix,
    ...(tags.length === 0 ? {} : { tags: Object.fromEntries(tags) }),
    ...(transitions.length === 0 ? {} : { transitions }),
    ...given({
      abandonedUploadsAfter: after(textAt(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation")),
      noncurrentAfter: after(textAt(rule, "NoncurrentVersionExpiration", "NoncurrentDays")),
    }),
  };
}

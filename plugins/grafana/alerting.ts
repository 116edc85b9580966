import { v } from "contextcore";
import { objectSchema } from "./server.ts";

/** Where Grafana's alerting is read and written. */
export const PROVISIONING = "/api/v1/provisioning";

/** What stands for a secret that is set. */
export const REDACTED = "[REDACTED]";

export const ruleSchema = v.looseObject({
  uid: v.optional(v.string(), ""),
  title: v.string(),
  folderUID: v.string(),
  ruleGroup: v.string(),
  provenance: v.optional(v.string()),
});

export const groupSchema = v.looseObject({
  title: v.string(),
  folderUid: v.string(),
  interval: v.unknown(),
  rules: v.array(v.looseObject({ uid: v.optional(v.string(), ""), provenance: v.optional(v.string()) })),
});

export const contactPointSchema = v.looseObject({
  uid: v.optional(v.string(), ""),
  name: v.string(),
  type: v.string(),
  settings: objectSchema,
  provenance: v.optional(v.string()),
});
export type ContactPoint = v.InferOutput<typeof contactPointSchema>;

export const namedSchema = v.looseObject({ name: v.string(), provenance: v.optional(v.string()) });

/** The paths inside `settings` whose values are hidden: `url`, `http_config.basic_auth.password`. */
export function redactedFields(settings: unknown, prefix = ""): string[] {
  if (settings === REDACTED) return [prefix];
  if (typeof settings !== "object" || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]) =>
    redactedFields(value, prefix === "" ? key : `${prefix}.${key}`),
  );
}

/** A name for an alerting object that has no uid but whose name is unique: safe in a path after `safeFileName`. */
export const nameHash = (name: string): string =>
  new Bun.CryptoHasher("sha256").update(name).digest("hex").slice(0, 8);

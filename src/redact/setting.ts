/** Settings as people see them. */
import { redactedValue } from "./json.ts";
import { withoutSecrets } from "./known-secrets.ts";

/**
 * The value of a setting that is not declared secret: an address without its credentials, anything else without what looks
 * like a secret.
 */
export function shownSetting(value: unknown): unknown {
  if (typeof value === "string")
    return redactedValue(/^\w+:\/\//.test(value) ? withoutSecrets(value) : value);
  if (typeof value !== "object" || value === null) return value;
  return redactedValue(JSON.parse(JSON.stringify(value, withBigints)));
}

const withBigints = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

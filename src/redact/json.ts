/**
 * Redacts secrets in data that is stored or sent. A secret is recognized by its name (`password`, `apiToken`), by its form
 * (`Bearer …`, `glsa_…`, a private key), or by its place (`user:password@host`, `?token=…`, `--password …`).
 */
import { isList, type Json, type JsonObject } from "../units/json.ts";
import { isCountName, isSecretName } from "./names.ts";
import { createCleaner } from "./program-secrets.ts";
import { BLOT } from "./rules.ts";
import { redactedText } from "./text.ts";

/**
 * The value as the trail stores it: secrets redacted, `undefined` members dropped, and only what JSON can hold (a number that
 * is not finite becomes its name, half a surrogate pair becomes U+FFFD).
 */
export function redacted(details: JsonObject): JsonObject {
  const named = details.name ?? details.key;
  const isNamed = typeof named === "string" && isSecretName(named); // {"name":"password","value":"x"}
  const members = Object.entries(details).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [[redactedText(key), isNamed && key === "value" ? BLOT : memberOf(key, value)] as const],
  );
  return Object.fromEntries(members);
}

function memberOf(key: string, value: Json): Json {
  if (value === null || typeof value === "boolean" || !isSecretName(key)) return redactedValue(value);
  if (typeof value === "number" && isCountName(key)) return redactedValue(value);
  return BLOT;
}

/** One value, whatever it stands under. */
export function redactedValue(value: Json): Json {
  if (typeof value === "string") return redactedText(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === "boolean") return value;
  return isList(value) ? redactedList(value) : redacted(value);
}

function redactedList(list: readonly Json[]): Json[] {
  const clean = createCleaner();
  return list.map((one, index) => redactedItem(typeof one === "string" ? clean(one) : one, list[index - 1]));
}

/** The words of a command. */
export const redactedWords = (words: readonly string[]): string[] => redactedList(words).map(String);

/** In a command's words, the secret follows its flag: `["--password", "x"]`. */
function redactedItem(value: Json, before: Json | undefined): Json {
  const flag = typeof before === "string" ? /^--?([\w-]+)$/.exec(before)?.[1] : undefined;
  return flag !== undefined && typeof value === "string" && isSecretName(flag) ? BLOT : redactedValue(value);
}

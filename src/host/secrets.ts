import type { ResolvedOptions } from "../config/resolve-options.ts";
import { secretsOf } from "../http/authentication.ts";
import { redactor } from "../redact/known-secrets.ts";

/** The options whose values are never shown. */
export const secretKeysOf = ({ found }: Pick<ResolvedOptions, "found">): string[] =>
  found.filter(({ secret }) => secret).map(({ key }) => key);

/** A function that redacts the options' secrets: those declared as secret, and the credentials in the URL. */
export function redactorFor(
  options: Readonly<Record<string, unknown>>,
  secretKeys: readonly string[],
): (text: string) => string {
  const declared = secretKeys.flatMap((key) => stringsIn(options[key]));
  const { url } = options;
  return redactor([...declared, ...(typeof url === "string" ? secretsOf({ url }) : [])]);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

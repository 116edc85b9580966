import { BLOT, ERROR_RULES, formsBlotted } from "./rules.ts";

/**
 * Removes the credentials from a URL: `http://user:pw@host/path?token=x` becomes `http://host/path`, and the relative
 * `/path?token=x` becomes `/path`.
 */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return bareAddress(url);
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;
}

/** An address as it is written, without credentials and query. */
export const bareAddress = (text: string): string =>
  text.replace(/\/\/[^/@\s]*@/, "//").replace(/[?#].*$/s, "");

/**
 * A function that redacts these secrets in any text, also if they are URL-encoded, escaped as in JSON or in base64 (basic
 * authentication), and all credentials in URLs. A secret of one to three characters is not redacted: it occurs inside
 * ordinary words, and redacting it there would both spoil the message and reveal the secret.
 */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret.length > 3);
  const forms = known.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
  ]);
  forms.sort((a, b) => b.length - a.length);
  return (text) =>
    formsBlotted(
      forms.reduce((clean, form) => clean.replaceAll(form, BLOT), text),
      ERROR_RULES,
    );
}

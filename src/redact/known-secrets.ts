import { BLOT, formsBlotted } from "./rules.ts";

/**
 * Removes the credentials from a URL: `http://user:pw@host/path?token=x` becomes `http://host/path`, and the relative
 * `/path?token=x` becomes `/path`.
 */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/@\s]*@/, "//").replace(/[?#].*$/s, "");
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;
}

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
      forms
        .reduce((clean, form) => clean.replaceAll(form, BLOT), text)
        // The user name is as private as the password.
        .replace(/(\w{1,20}:\/\/)[^/@\s:]{0,1000}:[^/@\s]{0,4000}@/g, `$1${BLOT}@`),
    );
}

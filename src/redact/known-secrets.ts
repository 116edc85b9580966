import { BLOT, formsBlotted } from "./rules.ts";

/**
 * Takes the credentials out of a URL: `http://user:pw@host/path?token=x` becomes `http://host/path`, and the relative
 * `/path?token=x` becomes `/path`.
 */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/@\s]*@/, "//").replace(/[?#].*$/s, "");
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;
}

/**
 * A function that blots these secrets out of any text, also where they stand URL-encoded, escaped as in
 * JSON or in base64 (basic authentication), and credentials in URLs whatever they are. A secret of one to three characters
 * is left as it is: such a text stands within ordinary words, and blotting it out there would both spoil the message and
 * tell the secret.
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
        // Who may ask this server is no more for everybody to read than with which password.
        .replace(/(\w{1,20}:\/\/)[^/@\s:]{0,1000}:[^/@\s]{0,4000}@/g, `$1${BLOT}@`),
    );
}

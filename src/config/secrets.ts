/** `${VAR}` anywhere in the file's values, and `file:/path` for secrets, so that no secret is written in the file. */
import { resolve } from "node:path";
import { readNamedText } from "../storage/own-file.ts";
import { UnsafeFileError } from "../storage/unsafe-file.ts";
import { messageOf } from "../units/message-of.ts";
import { systemRefusal } from "../units/system-refusal.ts";

/** The environment variables that a command may see, as `process.env` has them; tests give their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${VAR}` and `${VAR:-fallback}` in every string of the value; `$${` stands for `${`.
 * @throws RangeError when a variable is unset and has no fallback
 */
export function expand(value: unknown, env: Environment): unknown {
  if (typeof value === "string") return expandText(value, env);
  if (Array.isArray(value)) return value.map((item) => expand(item, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env)]));
}

function expandText(text: string, env: Environment): string {
  return text.replace(REFERENCE, (_whole, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return "${";
    const found = env[name] || fallback;
    if (found === undefined) throw new RangeError(`the environment variable ${name} is not set`);
    return found;
  });
}

/** The variables that a text refers to, by name. */
export const referencesIn = (text: string): string[] =>
  [...text.matchAll(REFERENCE)].flatMap(([, name]) => name ?? []);

/** Like {@link expand} for one text; a variable that is unset or must not be shown stays as written. */
export const expandBut = (text: string, env: Environment, stays: (name: string) => boolean): string =>
  text.replace(REFERENCE, (whole, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return "${";
    return (stays(name) && env[name] ? undefined : env[name] || fallback) ?? whole;
  });

/** A key with its whole certificate chain is a few kilobytes. */
const SECRET_BYTES_MAX = 1 << 20;

/** The file that a secret stands in; `undefined`: the text is the secret itself. */
export const secretPath = (text: string, directory: string): string | undefined =>
  text.startsWith("file:") ? resolve(directory, text.slice("file:".length).replace(/^\/\//, "")) : undefined;

/**
 * The text of a secret: `file:/run/secrets/x` is read, without its final newline; anything else is the secret itself.
 * @throws RangeError when the file cannot be read
 */
export function readSecret(text: string, directory: string): string {
  const path = secretPath(text, directory);
  if (path === undefined) return text;
  try {
    return readNamedText(path, SECRET_BYTES_MAX).replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof UnsafeFileError) throw new RangeError(`the secret file ${error.message}`);
    const why = systemRefusal(error, { purpose: "read" })?.what ?? messageOf(error);
    throw new RangeError(`the secret file ${path} cannot be read: ${why}`);
  }
}

/** The options as a plugin's process sees them: without what only the HTTP client outside needs. */
import { about } from "../../config/introspect.ts";
import type { OptionsSchema } from "../../contract/contract.ts";
import { BLOT } from "../../redact/rules.ts";
import type { Options } from "../plugin/context.ts";

/** Client options that are credentials if declared secret: see `option.serverOptions`. Only that they are set is shown. */
const CREDENTIALS = ["password", "token", "headers"];

/** @param options those of a plugin with a server; without a server, every secret is the plugin's own and stays */
export function withoutCredentials(options: Options, { entries }: OptionsSchema): Options {
  const { url } = options;
  if (typeof url !== "string") return options;
  const isSecret = (key: string): boolean => {
    const schema = entries[key];
    return schema !== undefined && about(schema).secret === true;
  };
  const seen = Object.entries(options).map(([key, value]) =>
    key === "url"
      ? [key, visibleUrl(url, isSecret(key))]
      : [key, CREDENTIALS.includes(key) && isSecret(key) ? blotted(value) : value],
  );
  return Object.fromEntries(seen);
}

function blotted(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (typeof value !== "object") return BLOT;
  return Object.fromEntries(Object.keys(value).map((key) => [key, BLOT]));
}

/**
 * The URL without user and password; if the URL itself is secret, as a webhook's may be, only the server.
 * @param isSecret the option `url` is declared secret
 */
export function visibleUrl(url: string, isSecret: boolean): string {
  if (!URL.canParse(url)) return isSecret ? BLOT : url;
  const { protocol, host, username, password } = new URL(url);
  if (isSecret) return `${protocol}//${host}`;
  return username === "" && password === "" ? url : url.replace(/\/\/[^/@]*@/, "//");
}

/** The keys that calls are signed with: from the options, or from a file as the AWS tools keep them. */
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { messageOf, PluginError, systemRefusal } from "contextcore";
import type { Keys } from "./sign.ts";

/** The options about credentials. */
interface CredentialOptions {
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly keysFile?: string | undefined;
  readonly profile?: string | undefined;
}

/** Keys in a file may be replaced while a long copy runs. ms */
const FRESH_MS = 60_000;

/** @returns a function that gives the keys, read from their file at most once a minute @throws PluginError `refused` */
export function createCredentials(options: CredentialOptions): () => Promise<Keys> {
  const { keysFile, profile } = options;
  const isOfFile = keysFile !== undefined || profile !== undefined;
  if (!isOfFile && (options.accessKeyId ?? options.secretAccessKey) !== undefined)
    return async () => keysOf(options);
  const file = keysFile ?? join(homedir(), ".aws", "credentials");
  let read: { readonly keys: Keys; readonly at: number } | undefined;
  return async () => {
    if (read === undefined || performance.now() - read.at > FRESH_MS)
      read = { keys: keysIn(await textOf(file), profile ?? "default", file), at: performance.now() };
    return read.keys;
  };
}

/** One of the two alone is a mistake, and is not made up for with a file that has another one. */
function keysOf({ accessKeyId, secretAccessKey, sessionToken }: CredentialOptions): Keys {
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
  const missing = accessKeyId === undefined ? "accessKeyId" : "secretAccessKey";
  throw new PluginError("refused", `there is no ${missing}`, { hint: SET_KEYS });
}

const SET_KEYS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file as `keysFile`.";

/** A file with the keys of a hundred profiles is a few kilobytes. */
const FILE_BYTES_MAX = 1 << 20;

async function textOf(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > FILE_BYTES_MAX) throw new Error("it is not a file of credentials");
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = systemRefusal(cause, { purpose: "read" })?.what ?? messageOf(cause);
    const message = `there are no credentials: ${file} cannot be read: ${why}`;
    throw new PluginError("refused", message, { hint: SET_KEYS, cause });
  }
}

/** The keys of one profile. Of a section that stands there twice, the last value counts, as for the AWS tools. */
function keysIn(text: string, profile: string, file: string): Keys {
  const values = new Map<string, string>();
  let isOurs = false;
  let isThere = false;
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[\s*(?:profile\s+)?(.*?)\s*\]\s*$/.exec(line) ?? [];
    if (section !== undefined) isOurs = section === profile;
    isThere ||= isOurs;
    const [, name, value] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (isOurs && name !== undefined && value !== undefined) values.set(name.toLowerCase(), value);
  }
  const [accessKeyId, secretAccessKey] = [
    values.get("aws_access_key_id"),
    values.get("aws_secret_access_key"),
  ];
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, sessionToken: values.get("aws_session_token") };
  const what = isThere ? "has no keys" : "is not there";
  throw new PluginError("refused", `the profile ${profile} ${what} in ${file}`, {
    hint: isThere
      ? "Roles and single sign-on are not read; `aws configure export-credentials` prints keys of them."
      : "Name another `profile`, or another file as `keysFile`.",
  });
}

/**
 * Secrets never reach the trail: they are blotted out when an event is written. What looks like one is known by the
 * name it stands under (`password`, `apiToken`), by its own form (`Bearer …`, `glsa_…`, a private key), or by its place
 * (`user:password@host`, `?token=…`, `--password …`).
 */
import type { Json, JsonObject } from "../../plugin/contract.ts";
import { isList } from "./canonical.ts";
import { programAfter, programSecretsBlotted, withoutSecret } from "./program-secrets.ts";

const BLOT = "***";

/**
 * The value as the trail keeps it: secrets blotted out, `undefined` members dropped, and only what JSON can hold
 * (a number that is not finite becomes its name, half a surrogate pair becomes U+FFFD).
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
  if (typeof value === "number" && /(token|key|secret)s$/i.test(key)) return redactedValue(value); // it counts them
  return BLOT;
}

function redactedValue(value: Json): Json {
  if (typeof value === "string") return redactedText(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === "boolean") return value;
  return isList(value) ? redactedList(value) : redacted(value);
}

function redactedList(list: readonly Json[]): Json[] {
  let program = "";
  return list.map((one, index) => {
    const before = list[index - 1];
    if (typeof one !== "string") return redactedItem(one, before);
    const clean = withoutSecret(program, typeof before === "string" ? before : "", one);
    program = programAfter(program, one);
    return redactedItem(clean, before);
  });
}

/** In a command's words the secret stands behind its flag: `["--password", "x"]`. */
function redactedItem(value: Json, before: Json | undefined): Json {
  const flag = typeof before === "string" ? /^--?([\w-]+)$/.exec(before)?.[1] : undefined;
  return flag !== undefined && typeof value === "string" && isSecretName(flag) ? BLOT : redactedValue(value);
}

const SECRET_WORD =
  /^(pass|pwd|pw|auth|authorization|credentials?|creds?|cookies?|bearer|jwt|signature|dsn)$|(password|passwd|passphrase|secret|token|apikey|privatekey|accesskey)s?$/;
const KEY_OF =
  /^(api|access|private|secret|signing|encryption|client|master|auth|ssh|account|session|hmac|webhook)$/;

/** True for names under which a secret usually stands: `db_password`, `apiKey`, `X-Auth-Token`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some(
    (word, index) => SECRET_WORD.test(word) || (/^keys?$/.test(word) && KEY_OF.test(words[index - 1] ?? "")),
  );
}

/** Secrets that are known by their own form, whatever they stand under. */
const FORMS = [
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\beyJ[\w-]{5,4000}\.[\w-]{5,4000}\.[\w-]*/g, // JSON Web Token
  /\b(?:glsa|glc|gls|ghp|gho|ghu|ghs|ghr|github_pat|glpat|npm|hvs|hvb|dop_v1|whsec|pypi|shpat|rk_live|sk_live)[_.-][\w+/=-]{8,}/g,
  /\bxox[abeoprs]-[\w-]{8,}/g, // Slack
  /\bsk-[\w-]{16,}/g,
  /\b(?:AKIA|ASIA)[A-Z\d]{16}\b/g, // AWS
  /\bAIza[\w-]{30,}/g, // Google
  /\bPRIVATE\+KEY\+\S+/g, // a signed note's key
];

/** A text with what looks like a secret in it blotted out. */
export function redactedText(text: string): string {
  let clean = text.toWellFormed();
  for (const form of FORMS) clean = clean.replace(form, BLOT);
  clean = clean
    .replace(/\b([a-z][a-z\d+.-]{0,20}:\/\/)([^/@\s:"']*):[^\s"'/]*@/gi, `$1$2:${BLOT}@`)
    .replace(/\b(https?:\/\/)(?![a-z._-]{1,20}@)[^/@\s:"'?#]{8,}@/gi, `$1${BLOT}@`)
    .replace(/([?&]sig=)[^&\s"']+/gi, `$1${BLOT}`)
    .replace(/(hooks\.slack\.com\/\w+\/)[^\s"'?]+/gi, `$1${BLOT}`)
    .replace(
      /(\\?"(?:name|key)\\?"\s?:\s?\\?"([\w-]+)\\?"\s?,\s?\\?"value\\?"\s?:\s?\\?")[^"\\]+/gi,
      (all, lead: string, name: string) => (isSecretName(name) ? lead + BLOT : all),
    )
    .replace(/\b(Bearer)\s+[\w+/=.~:-]{8,}/gi, `$1 ${BLOT}`)
    .replace(/\b([Bb]asic|[Dd]igest|[Tt]oken)\s+(?=\S*[\dA-Z=])[\w+/=.~:-]{8,}/g, `$1 ${BLOT}`);
  return namedBlotted(programSecretsBlotted(clean));
}

/** `name=value`, `name: value`, `"name":"value"`, `--name value`. Whole words only, so that it stays linear. */
const NAME_AND_SIGN = /(?<![\w-])([\w-]+)(?![\w-])(\\*["']?\s*[=:]\s*|\s+)/g;
/** How a system's reason begins that stands behind a path: `/etc/passwd: Permission denied`, `…/token: a directory`. */
const REASONS: ReadonlySet<string> = new Set(
  (
    "a an the is it was are not no permission operation file cannot could does has already too bad invalid input/output " +
    "read-only device directory name connection stale text illegal resource argument host disk quota structure missing " +
    "unknown unreadable unable failed access broken interrupted must should expected wrong found there"
  ).split(" "),
);
const CODES =
  /^E(?:ACCES|BUSY|CONNREFUSED|CONNRESET|DQUOT|EXIST|FBIG|INVAL|IO|ISDIR|LOOP|MFILE|NAMETOOLONG|NFILE|NODEV|NOENT|NOSPC|NOTDIR|NOTSUP|NXIO|PERM|ROFS|STALE|TIMEDOUT|TXTBSY)$/;

/** A word with which more of a sentence follows, or nothing: `a directory`, `unreadable.`, `ENOENT, open …`. */
const FIRST_WORD = /([A-Z]?[a-z]*(?:[-/][a-z]+)?|E[A-Z]+)(?=[\s,;:]+[a-z(/]|[.,;)]*$)/y;

/** Whether the name at `index` is a path's last part and a reason follows its colon: neither is a secret then. */
function isPathWithReason(text: string, index: number, sign: string, value: number): boolean {
  if (text[index - 1] !== "/" || !/^["']?:\s+$/.test(sign)) return false;
  FIRST_WORD.lastIndex = value;
  const word = FIRST_WORD.exec(text)?.[1] ?? "";
  return REASONS.has(word.toLowerCase()) || CODES.test(word);
}

/** A quoted value ends at its quote, another at a blank or a separator. */
const VALUE = /(\\+)"(?:[^"\\]|(?!\1")\\+"|\\+(?![\\"]))*|"(?:\\[\s\S]|[^"\\])*|'[^']*|[^\s"'&,;]+/y;

function namedBlotted(text: string): string {
  let clean = "";
  let kept = 0;
  for (const { index, 0: whole, 1: name = "", 2: sign = "" } of text.matchAll(NAME_AND_SIGN)) {
    const names = name.startsWith("-") || sign.trim() !== "";
    if (!names || index < kept || !isSecretName(name)) continue;
    if (isPathWithReason(text, index, sign, index + whole.length)) continue;
    VALUE.lastIndex = index + whole.length;
    const [value] = VALUE.exec(text) ?? [];
    if (value === undefined) continue;
    clean += `${text.slice(kept, VALUE.lastIndex - value.length)}${/^\\*["']?/.exec(value)?.[0]}${BLOT}`;
    kept = VALUE.lastIndex;
  }
  return clean + text.slice(kept);
}

/**
 * Rules, as data, for secrets that are recognized by their form or place. Every repetition has an upper bound or stops at
 * characters that its beginning cannot contain, so that the time is linear in the text's length. A test checks this, and each
 * rule's examples.
 */
interface RedactionRule {
  readonly id: string;
  /** In lower case. The rule is tried only on a text that contains one of them, in any case. */
  readonly keywords: readonly string[];
  readonly pattern: RegExp;
  /** The replacement, as for `String.replace`; default `***`. */
  readonly by?: string;
  /** A text in which the rule redacts `secret`. */
  readonly example: string;
  readonly secret: string;
  /** A similar text that the rule leaves unchanged. */
  readonly unlike: string;
}

/** What replaces a secret. */
export const BLOT = "***";

const TAIL = "9f86d081884c7d659a2feaa0";

/** A prefix that only this vendor's keys have, and what may follow it. */
const vendor = (
  id: string,
  keywords: readonly string[],
  pattern: RegExp,
  example: string,
  unlike: string,
): RedactionRule => ({
  id,
  keywords,
  pattern,
  example: `key ${example} was refused`,
  secret: example,
  unlike,
});

/** The rules in the order of application. */
const REDACTION_RULES: readonly RedactionRule[] = [
  {
    id: "private-key",
    keywords: ["private key-----"],
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,16384}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    example: `-----BEGIN RSA PRIVATE KEY-----\n${TAIL}\n-----END RSA PRIVATE KEY-----`,
    secret: TAIL,
    unlike: "-----BEGIN CERTIFICATE-----",
  },
  vendor(
    "json-web-token",
    ["eyj"],
    /\beyJ[\w-]{5,4000}\.[\w-]{5,4000}\.[\w-]{0,4000}/g,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.dBjftJeZ4CVP",
    "eyJustAWord",
  ),
  ...[
    "glsa",
    "glc",
    "gls",
    "ghp",
    "gho",
    "ghu",
    "ghs",
    "ghr",
    "github_pat",
    "glpat",
    "npm",
    "hvs",
    "hvb",
  ].map(vendorPrefix),
  ...["dop_v1", "whsec", "pypi", "shpat", "rk_live", "sk_live"].map(vendorPrefix),
  vendor("slack", ["xox"], /\bxox[abeoprs]-[\w-]{8,500}/g, `xoxb-${TAIL}`, "xoxo-love"),
  vendor("sk", ["sk-"], /\bsk-[\w-]{16,500}/g, `sk-proj-${TAIL}`, "task-runner-of-the-day"),
  vendor("contextcore-token", ["cct_"], /\bcct_[\w-]{20,200}/g, `cct_${TAIL}`, "cct_short"),
  vendor("aws-key-id", ["akia", "asia"], /\b(?:AKIA|ASIA)[A-Z\d]{16}\b/g, "AKIAIOSFODNN7EXAMPLE", "AKIA2"),
  vendor("google", ["aiza"], /\bAIza[\w-]{30,500}/g, `AIzaSyA-${TAIL}0123456`, "AIza"),
  vendor("note-key", ["private+key+"], /\bPRIVATE\+KEY\+\S{1,4000}/g, `PRIVATE+KEY+a+${TAIL}`, "PRIVATE+KEY"),
  {
    id: "age-identity",
    keywords: ["age-secret-key-"],
    pattern: /\bAGE-SECRET-KEY-1[A-Z\d]{20,200}/gi,
    example: `AGE-SECRET-KEY-1${TAIL.toUpperCase()}`,
    secret: TAIL.toUpperCase(),
    unlike: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
  },
  {
    id: "url-password",
    keywords: ["://"],
    pattern: /\b([a-z][a-z\d+.-]{0,20}:\/\/)([^/@\s:"']{0,1000}):[^\s"'/]{0,4000}@/gi,
    by: `$1$2:${BLOT}@`,
    example: "postgres://ada:Zx9-s3cr3t@db/shop",
    secret: "Zx9-s3cr3t",
    unlike: "http://loki:3100/push",
  },
  {
    id: "url-user",
    keywords: ["://"],
    pattern: /\b(https?:\/\/)(?![a-z._-]{1,20}@)[^/@\s:"'?#]{8,4000}@/gi,
    by: `$1${BLOT}@`,
    example: "https://Zx9-s3cr3t@host/",
    secret: "Zx9-s3cr3t",
    unlike: "https://ada@host/",
  },
  {
    id: "signed-url",
    keywords: ["sig="],
    pattern: /([?&]sig=)[^&\s"']{1,4000}/gi,
    by: `$1${BLOT}`,
    example: `https://h/c?sv=1&sig=${TAIL}`,
    secret: TAIL,
    unlike: "https://h/c?design=1",
  },
  {
    id: "slack-hook",
    keywords: ["hooks.slack.com/"],
    pattern: /(hooks\.slack\.com\/\w{1,100}\/)[^\s"'?]{1,4000}/gi,
    by: `$1${BLOT}`,
    example: `https://hooks.slack.com/services/T0/B0/${TAIL}`,
    secret: TAIL,
    unlike: "https://hooks.slack.com/",
  },
  {
    id: "bearer",
    keywords: ["bearer"],
    pattern: /\b(Bearer)\s{1,20}[\w+/=.~:-]{8,8000}/gi,
    by: `$1 ${BLOT}`,
    example: `Authorization: Bearer ${TAIL}`,
    secret: TAIL,
    unlike: "the bearer of it",
  },
  {
    id: "authorization-scheme",
    keywords: ["basic", "digest", "token"],
    pattern: /\b([Bb]asic|[Dd]igest|[Tt]oken)\s{1,20}(?=[^\s\dA-Z=]{0,8000}[\dA-Z=])[\w+/=.~:-]{8,8000}/g,
    by: `$1 ${BLOT}`,
    example: "basic YWRhOlp4OS1zM2NyM3Q=",
    secret: "YWRhOlp4OS1zM2NyM3Q=",
    unlike: "basic authentication is needed",
  },
];

/** The rules for errors of a configured server, where the user name is as private as the password. */
export const ERROR_RULES: readonly RedactionRule[] = [
  {
    id: "url-credentials",
    keywords: ["://"],
    pattern: /(\w{1,20}:\/\/)[^/@\s:]{0,1000}:[^/@\s]{0,4000}@/g,
    by: `$1${BLOT}@`,
    example: "postgres://ada-lovelace:Zx9-s3cr3t@db/shop",
    secret: "ada-lovelace:Zx9-s3cr3t",
    unlike: "http://loki:3100/push",
  },
  ...REDACTION_RULES,
];

/** `glsa_…`: a prefix, a separator, and the key. */
function vendorPrefix(prefix: string): RedactionRule {
  const pattern = new RegExp(`\\b${prefix}[_.-][\\w+/=-]{8,500}`, "g");
  return vendor(prefix, [prefix], pattern, `${prefix}_${TAIL}`, `${prefix}_short`);
}

/** Applies every rule, in order. */
export function formsBlotted(text: string, rules = REDACTION_RULES): string {
  const lower = text.toLowerCase();
  let clean = text;
  for (const { keywords, pattern, by = BLOT } of rules) {
    if (keywords.some((keyword) => lower.includes(keyword))) clean = clean.replace(pattern, by);
  }
  return clean;
}

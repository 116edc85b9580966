/** What S3 services say no with, in plain words, and what helps. */
import { type ErrorKind, given, type HttpAnswer, PluginError } from "contextcore";
import { parseXml, textAt, type XmlElement } from "./xml.ts";

/** Codes whose kind does not follow from the status. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  NoSuchKey: "not-found",
  NoSuchVersion: "not-found",
  RequestTimeout: "temporary",
  RequestTimeTooSkewed: "temporary",
  OperationAborted: "temporary",
  ConditionalRequestConflict: "temporary",
  NoSuchUpload: "temporary",
  InvalidPart: "temporary",
  BadDigest: "temporary",
  IncompleteBody: "temporary",
  XAmzContentSHA256Mismatch: "temporary",
  EntityTooLarge: "invalid",
  InvalidRange: "invalid",
  KeyTooLongError: "invalid",
};

const HINTS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId:
    "The service does not know this access key: check `accessKeyId`, and that `url` is the right service.",
  SignatureDoesNotMatch:
    "The secret key is not that of the access key, or a proxy changes the calls: check `secretAccessKey`.",
  AccessDenied: "The credentials are known and may not do this: see what they need in docs/stores.md.",
  ExpiredToken: "The session token is no longer valid: get new credentials.",
  InvalidToken: "The session token is not that of the access key: check `sessionToken`.",
  NoSuchBucket: "Create it, since contextcore makes no buckets; or check `bucket`, `url` and `region`.",
  RequestTimeTooSkewed: "Synchronize this machine's clock (chrony, systemd-timesyncd).",
};

/** Words of a message that tell more than its code. */
const HINTS_BY_WORD: readonly (readonly [RegExp, string])[] = [
  [
    /checksum|header/i,
    "If the service does not know checksum headers, set `checksums: false`; one without conditions is no place.",
  ],
  [
    /object ?lock/i,
    "A bucket can lock objects only if it was made so: make another one, or leave out `lock`.",
  ],
];

const hintFor = (code: string, words: string): string | undefined =>
  HINTS[code] ?? HINTS_BY_WORD.find(([word]) => word.test(words))?.[1];

/** An answer that is an error. */
export interface Failure {
  readonly status: number;
  /** S3's own word; empty when it is none of S3's answers. */
  readonly code: string;
  readonly error: PluginError;
}

/** What of the call an error names. */
export interface CallNames {
  /** `PUT bucket/key`. */
  readonly call: string;
  readonly region: string;
  /** When it was signed. */
  readonly now: Date;
  /** Never shown, whatever the server says. */
  readonly sessionToken?: string | undefined;
}

/** Reads an answer that is an error. */
export async function failureOf(answer: HttpAnswer, names: CallNames): Promise<Failure> {
  const said = await bodyOf(answer);
  const code = said === undefined ? "" : (textAt(said, "Code") ?? "");
  const error = specialError(answer, said, code, names) ?? plainError(answer, said, code, names);
  return { status: answer.status, code, error };
}

async function bodyOf(answer: HttpAnswer): Promise<XmlElement | undefined> {
  const text = await answer.text();
  try {
    const root = parseXml(text);
    return root.name === "Error" ? root : undefined;
  } catch {
    // It is not S3's: only the status is known then.
    return undefined;
  }
}

function plainError(
  { status }: HttpAnswer,
  said: XmlElement | undefined,
  code: string,
  { call, sessionToken = "" }: CallNames,
): PluginError {
  const message = said === undefined ? "" : (textAt(said, "Message") ?? "");
  const words = (sessionToken === "" ? message : message.replaceAll(sessionToken, "***")).slice(0, 300);
  const why = code === "" ? "" : ` ${code}${words === "" ? "" : `: ${words}`}`;
  const hint = code === "" ? "Is `url` an S3 service itself?" : hintFor(code, words);
  return new PluginError(KINDS[code] ?? kindOf(status, code), `${call} was answered with ${status}${why}`, {
    status,
    ...given({ hint }),
  });
}

/** A 400 with a code of S3's own is a call that makes no sense to it, whatever is sent again. */
function kindOf(status: number, code: string): ErrorKind {
  if (status === 404 && code === "") return "invalid";
  if (status === 409) return "temporary";
  return status === 400 && code === "" ? "invalid" : "refused";
}

/** Errors that need more than a hint: another region, another address, a wrong clock. */
function specialError(
  { headers, status }: HttpAnswer,
  said: XmlElement | undefined,
  code: string,
  { call, region, now }: CallNames,
): PluginError | undefined {
  const right = headers.get("x-amz-bucket-region") ?? (said && textAt(said, "Region"));
  if (right && right !== region && /^[a-z0-9-]{1,40}$/.test(right))
    return new PluginError(
      "refused",
      `${call} was refused: the bucket is in the region ${right}, not ${region}`,
      {
        status,
        hint: `Set \`region: ${right}\`, and \`url\` if it names a region, too.`,
      },
    );
  if (status >= 300 && status < 400) {
    const other = (said && textAt(said, "Endpoint")) ?? headers.get("location") ?? "elsewhere";
    return new PluginError(
      "refused",
      `${call} was sent on to ${other.slice(0, 200)}, which is not followed`,
      {
        status,
        hint: "Credentials go to `url` only: set it, and `region`, to where the bucket is.",
      },
    );
  }
  if (code !== "RequestTimeTooSkewed") return undefined;
  const theirs = (said && textAt(said, "ServerTime")) ?? headers.get("date") ?? "unknown";
  const message = `${call} was refused: its clock says ${theirs.slice(0, 40)}, and ours ${now.toISOString()}`;
  return new PluginError("temporary", message, { status, ...given({ hint: HINTS[code] }) });
}

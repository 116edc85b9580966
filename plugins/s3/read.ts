import { type ByteRange, PluginError, requireObjectName } from "contextcore";
import type { Bucket, S3Answer } from "./bucket.ts";

/** The object's bytes, or those of a range, as they arrive. @throws PluginError */
export async function* readObject(
  bucket: Bucket,
  name: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  requireObjectName(name);
  const headers = range === undefined ? {} : { range: `bytes=${range.from}-${range.to - 1}` };
  const answer = await bucket.send({
    key: bucket.prefix + name,
    headers,
    signal,
    accept: ["InvalidObjectState"],
  });
  if (answer.code === "InvalidObjectState") throw coldError(bucket, name);
  const wanted = range === undefined ? wholeSize(answer) : partSize(answer, name, range);
  let came = 0;
  for await (const piece of answer.body) {
    came += piece.length;
    if (wanted !== undefined && came > wanted) break;
    yield piece;
  }
  if (wanted !== undefined && came !== wanted)
    throw new PluginError("temporary", `of ${name} came ${came} bytes instead of ${wanted}`);
}

function wholeSize({ headers }: S3Answer): number | undefined {
  const said = headers.get("content-length");
  return said !== null && /^\d{1,15}$/.test(said) ? Number(said) : undefined;
}

/** S3 gives what there is of a range that goes beyond the end. */
function partSize({ status, headers }: S3Answer, name: string, { from, to }: ByteRange): number {
  const said = headers.get("content-range") ?? "";
  const [, first, last] = /^bytes (\d{1,15})-(\d{1,15})\//.exec(said) ?? [];
  if (status !== 206 || first === undefined || Number(first) !== from)
    throw new PluginError("invalid", `a part of ${name} was asked for, and something else came`, {
      hint: "Is `url` an S3 service itself?",
    });
  if (Number(last) !== to - 1)
    throw new PluginError("invalid", `${name} has ${Number(last) + 1} bytes, and not ${to}`);
  return to - from;
}

/** How long Amazon takes to retrieve what lies in these classes, at its standard rate. What lies in others can be read at once. */
export const RETRIEVAL: Readonly<Record<string, string>> = {
  GLACIER: "3 to 5 hours",
  DEEP_ARCHIVE: "12 hours",
};

/** What to run, and how long that takes. */
function coldError({ bucket, prefix, http, region }: Bucket, name: string): PluginError {
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const command = [
    "aws s3api restore-object",
    ...(http.url.includes(".amazonaws.com") ? [] : [`--endpoint-url ${quoted(http.url)}`]),
    `--region ${region} --bucket ${quoted(bucket)} --key ${quoted(prefix + name)}`,
    "--restore-request 'Days=7,GlacierJobParameters={Tier=Standard}'",
  ].join(" ");
  return new PluginError(
    "refused",
    `${name} is in cold storage, and must be retrieved before it can be read`,
    {
      hint: `Run: ${command}. That takes ${RETRIEVAL.GLACIER}, from a deep archive ${RETRIEVAL.DEEP_ARCHIVE}; then read it again.`,
    },
  );
}

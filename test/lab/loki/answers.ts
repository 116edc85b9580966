/** How Loki frames its answers. */

export const json = (text: string): Response =>
  new Response(`${text}\n`, {
    headers: { "content-type": "application/json; charset=UTF-8", vary: "Accept-Encoding" },
  });

export const plainJson = (text: string): Response =>
  new Response(`${text}\n`, { headers: { "content-type": "application/json" } });

/** An error of the query path: plain text without a newline. */
export const queryError = (status: number, text: string): Response =>
  new Response(text, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      vary: "Accept-Encoding",
      "x-content-type-options": "nosniff",
    },
  });

/** An error as Go's http.Error writes it, with a newline. */
export const httpError = (status: number, text: string): Response => plain(`${text}\n`, status);

export const plain = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

export const yaml = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": "application/yaml" } });

export const noContent = (headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 204, headers });

/** A query's answer; statistics are there but empty, since nobody may rely on them. */
export const data = (resultType: string, result: string, flags = ""): Response =>
  json(
    `{"status":"success","data":{"resultType":"${resultType}",${flags}"result":[${result}],` +
      `"stats":{"summary":{"bytesProcessedPerSecond":0,"linesProcessedPerSecond":0,"totalBytesProcessed":0,"totalLinesProcessed":0,"execTime":0}}}}`,
  );

/** gzip where the client asked for it and the body is worth it, as the real server's handler does. */
export async function compressed(request: Request, answer: Response): Promise<Response> {
  const wanted = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (!wanted || answer.status !== 200 || !answer.headers.has("vary")) return answer;
  const body = new Uint8Array(await answer.arrayBuffer());
  const headers = new Headers(answer.headers);
  if (body.length < 1400) return new Response(body, { headers });
  headers.set("content-encoding", "gzip");
  return new Response(Bun.gzipSync(body), { headers });
}

/** A server between the program and a real one, which keeps everything that the real one answers. */
import { type Answer, type Answers, keyOf } from "./session.ts";

async function asAnswer(response: Response): Promise<Answer> {
  const headers = { "content-type": response.headers.get("content-type") ?? "" };
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString();
  const body = Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
  return { status: response.status, headers, ...body };
}

/** Passes every request on to `url`. Equal answers that follow one another are kept once, unless `all` are to be. */
export function recorder(url: string, { all: keepsAll = false } = {}) {
  const answers: Record<string, Answer[]> = {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const key = await keyOf(request);
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("host");
      headers.set("accept-encoding", "identity");
      const body = request.method === "GET" ? null : await request.arrayBuffer();
      const asked = await fetch(`${url}${pathname}${search}`, { method: request.method, headers, body });
      const answer = await asAnswer(asked);
      const all = answers[key] ?? [];
      answers[key] = all;
      if (keepsAll || JSON.stringify(all.at(-1)) !== JSON.stringify(answer)) all.push(answer);
      const { status, text, base64 } = answer;
      const given = base64 === undefined ? text : Buffer.from(base64, "base64");
      return new Response(given, { status, headers: answer.headers });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    answers: answers as Answers,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

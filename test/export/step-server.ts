/** Serves a fake's steps over HTTP, and the backend that reads them there: for exports in another process. */
import { type Cursor, PluginError, type Start, type Step, v } from "contextcore";
import type { OpenBackend } from "../../src/host/open.ts";
import { fakeBackend } from "./fake-backend.ts";

/** JSON that keeps bigints. */
const pack = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (typeof member === "bigint" ? { $ns: `${member}` } : member));
// biome-ignore lint/suspicious/noExplicitAny: what comes is what the other end packed
const unpack = (text: string): any =>
  JSON.parse(text, (_, member: unknown) =>
    typeof member === "object" && member !== null && "$ns" in member ? BigInt(String(member.$ns)) : member,
  );

/** @param delayMs each step takes about this long */
export function serveSteps(open: OpenBackend, delayMs: number) {
  const signal = new AbortController().signal;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { from, to, cursor } = unpack(await request.text());
      await Bun.sleep(delayMs * Math.random() * 2);
      const { backend } = open;
      const { pathname } = new URL(request.url);
      if (pathname === "/start")
        return new Response(pack(await backend.export.start({ range: { from, to } }, signal)));
      if (pathname === "/count")
        return new Response(pack(await backend.count?.({ range: { from, to } }, signal)));
      return new Response(pack(await backend.export.step(cursor, signal)));
    },
  });
  return { url: server.url.href, [Symbol.dispose]: () => void server.stop(true) };
}

/** The backend of the server at `url`. */
export function remoteBackend(url: string): OpenBackend {
  const ask = async (path: string, body: unknown, signal: AbortSignal) => {
    const response = await fetch(new URL(path, url), { method: "POST", body: pack(body), signal }).catch(
      (cause) => {
        throw new PluginError("temporary", "connection refused", { cause });
      },
    );
    return unpack(await response.text());
  };
  const local = fakeBackend().backend;
  return {
    name: "fake",
    plugin: { name: "fake", about: "a fake elsewhere", options: v.object({}) },
    url,
    backend: {
      ...local,
      count: ({ range }, signal) => ask("/count", range, signal),
      export: {
        start: ({ range }, signal): Promise<Start> => ask("/start", range, signal),
        step: (cursor: Cursor, signal): Promise<Step> => ask("/step", { cursor }, signal),
      },
    },
  };
}

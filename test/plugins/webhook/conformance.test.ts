/** The rules that every sink is held to, run on this one. */
import { afterAll } from "bun:test";
import webhook from "../../../plugins/webhook/index.ts";
import { testSink } from "../../support/conformance.ts";

const bodies: string[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  development: false,
  async fetch(request) {
    if (request.method !== "POST") return new Response("only POST", { status: 405 });
    bodies.push(await request.text());
    return new Response("taken, thank you");
  },
});
afterAll(() => server.stop(true));

testSink({
  declaration: webhook,
  options: { url: `${server.url.origin}/hook` },
  arrived: async () => bodies,
  waived: ["history-is-a-witness"],
});

/** The clients that people use, through the relay: they get what they get without it, and all that they asked is in the log. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Runtime, sdkCalls, sdkHome } from "../../activity/sdks/home.ts";
import { startUpstream, type Upstream } from "../../activity/upstream.ts";
import { filesOf, relayProject, startRelay } from "./started.ts";

setDefaultTimeout(240_000);

let home: string;
let upstream: Upstream;

beforeAll(() => {
  home = sdkHome();
  upstream = startUpstream();
}, 240_000);
afterAll(() => upstream[Symbol.asyncDispose]());

/** All but the address that was asked. */
const withoutAddress = ({ raw: [status, , ...rest], ...told }: { raw: unknown[] }) => ({
  ...told,
  raw: [status, ...rest],
});

describe.each<Runtime>(["bun", "node"])("%s", (runtime) => {
  test("clients get the same through the relay, and the upstream is asked the same", async () => {
    const relay = await startRelay(relayProject(upstream.url));
    const at = (name: string): string => `${relay.url}/relay/${name}`;
    const start = upstream.asked.length;
    const without = await sdkCalls(home, runtime, [upstream.url, "-"]);
    const middle = upstream.asked.length;
    const through = await sdkCalls(home, runtime, [at("openai"), "-", at("anthropic"), relay.token]);
    expect(withoutAddress(through)).toEqual(withoutAddress(without));

    const seen = upstream.asked.map(({ path, body, headers }) => ({
      path,
      body,
      headers: ofTheCaller(headers),
    }));
    expect(seen.slice(middle)).toEqual(seen.slice(start, middle));

    const runs = await relay.runs(16);
    const of = (user: string) =>
      runs.filter((run) => run.user === user).map(({ status, operation }) => `${operation} ${status}`);
    expect(of("openai").slice(0, 7)).toEqual([
      ...["chat ok", "chat ok", "chat ok", "chat ok", "embeddings ok", "chat error", "chat ok"],
    ]);
    expect(of("openai").slice(7)).toHaveLength(1);
    expect(of("anthropic")).toEqual(["chat ok", "chat ok", "chat ok", "chat error"]);
    expect([of("dedalus"), of("vercel")]).toEqual([
      ["chat ok", "chat ok"],
      ["chat ok", "chat ok"],
    ]);
    expect(filesOf(relay.cwd)).not.toContain("of-the-caller");
    expect(relay.log()).not.toContain("of-the-caller");
    await relay.stop();
  });
});

/** All headers but those of a connection, and one that is another one each time. */
const ofTheCaller = (headers: Headers) =>
  Object.fromEntries(
    [...headers].filter(([name]) => !["host", "connection", "idempotency-key"].includes(name)),
  );

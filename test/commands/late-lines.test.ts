/** Lines that Loki has taken and does not show yet: in its memory until it flushes them, or for some seconds after the push. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { createLoki, type LokiFace } from "../lab/loki/index.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000);

const HOUR = 3_600_000_000_000n;
const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

const servers: Bun.Server<undefined>[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));

/** A project whose Loki has three young lines and seven old ones that it has not flushed. */
function unflushed(takesFlush = true): string {
  const face = createLoki({ now, limits: { query_ingesters_within: "3h" } });
  const entries = Array.from({ length: 10 }, (_, at) => ({
    time: now() - (BigInt(9 - at) * HOUR + HOUR / 2n),
    line: `line ${at}`,
    metadata: [],
  }));
  face.push([{ labels: [["app", "web"]], entries }]);
  const refuse = async (request: Request) =>
    request.url.endsWith("/flush") ? new Response("not here", { status: 404 }) : face.handle(request);
  return projectOf(takesFlush ? face.handle : refuse);
}

function projectOf(fetch: LokiFace["handle"]): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
  servers.push(server);
  const others = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }`).join("\n");
  return temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n  loki: { url: "${server.url.origin}", settle: 0s }\n${others}\n`,
  });
}

for (const asked of [["--all"], ["--since-last"], ["-t", "12h"]]) {
  test(`export ${asked.join(" ")} asks for a flush and has them`, async () => {
    const { stdout, stderr, exitCode } = await run(["export", "--json", ...asked], { cwd: unflushed() });
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout).backends[0]).toMatchObject({ counts: { entries: 10 }, problems: [] });
  });
}

test("where Loki takes no flush, an export says what it may not have seen", async () => {
  const { stdout, stderr, exitCode } = await run(["export", "-t", "12h"], { cwd: unflushed(false) });
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain("3 entries");
  expect(stdout + stderr).toContain("querier.query_ingesters_within = 3h: lines from before");
});

test("lines that can be seen only some seconds after the push are found by an export as it is by default", async () => {
  const delay = 3_000_000_000n;
  let skipped = 0n;
  const face = createLoki({ now: () => now() + skipped, visibilityDelay: delay });
  const push = (ago: bigint, count: number) => {
    const entries = Array.from({ length: count }, (_, at) => ({
      time: now() - ago + BigInt(at),
      line: `line ${at}`,
      metadata: [],
    }));
    face.push([{ labels: [["app", "web"]], entries }]);
  };
  push(HOUR, 10);
  skipped += delay;
  const cwd = projectOf(face.handle);
  push(HOUR / 2n, 90);
  const env = { CONTEXTCORE_EXPORT_RECOUNT: "" };
  const { stdout, stderr, exitCode } = await run(["export", "--json", "-t", "2h"], { cwd, env });
  expect(exitCode, stderr).toBe(0);
  const [loki] = JSON.parse(stdout).backends;
  expect([loki.counts.entries, loki.agrees]).toEqual([100, true]);
});

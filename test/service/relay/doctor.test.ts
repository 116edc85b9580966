/** `doctor --upstreams` calls each server of models once, and says what to change. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { run } from "../../support/binary.ts";
import { quietProject } from "../../support/service.ts";

setDefaultTimeout(30_000);

test("each upstream is called once, and only if asked", async () => {
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const { pathname } = new URL(url);
      asked.push(pathname);
      const status = { "/v1/models": 401, "/v1/v1/models": 404, "/ill/v1/models": 503 }[pathname];
      return new Response("no", { status: status ?? 200 });
    },
  });
  const at = (path: string): string =>
    `{ url: "http://127.0.0.1:${server.port}${path}", api: openai, enabled: true }`;
  const cwd = quietProject(
    `activity:\n  upstreams:\n    openai: { enabled: false }\n    anthropic: { enabled: false }\n    keyed: ${at("")}\n    twice: ${at("/v1")}\n    ill: ${at("/ill")}\n    gone: { url: "http://127.0.0.1:1", api: openai }\n`,
  );
  await run(["doctor", "--json"], { cwd });
  expect(asked).toEqual([]);
  const { stdout, exitCode } = await run(["doctor", "--upstreams", "--json"], { cwd });
  const { findings } = JSON.parse(stdout);
  const of = (name: string) => findings.find(({ subject }: { subject: string }) => subject === name);
  expect(exitCode).toBe(3);
  expect(asked.sort()).toEqual(["/ill/v1/models", "/v1/models", "/v1/v1/models"]);
  expect(of("keyed")).toMatchObject({ severity: "ok" });
  expect(of("twice")).toMatchObject({ severity: "warning", hint: expect.stringContaining("without /v1") });
  expect(of("ill")).toMatchObject({ severity: "warning", message: expect.stringContaining("503") });
  expect(of("gone")).toMatchObject({
    severity: "problem",
    hint: expect.stringContaining("activity.upstreams.gone.url"),
  });
  await server.stop(true);
});

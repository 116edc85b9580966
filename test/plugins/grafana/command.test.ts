/** Export and restore from the command line: what is still missing afterwards is said. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createGrafana, seedGrafana } from "../../lab/grafana/index.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";

/** A Grafana by the real clock, since the program has no other. */
async function serve(seed: boolean) {
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
  const face = createGrafana({ now });
  if (seed) await seedGrafana(face, { seed: 1, now: now() });
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => face.handle(request) });
  return {
    face,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: async (): Promise<void> => void (await server.stop(true)),
  };
}

test("a restore names every secret that is still missing, and a large dashboard comes back whole", async () => {
  await using source = await serve(true);
  await using target = await serve(false);
  const panels = Array.from({ length: 6000 }, (_, id) => ({ id, title: `Panel ${id} ${"x".repeat(200)}` }));
  await fetch(`${source.url}/api/dashboards/db`, {
    method: "POST",
    body: JSON.stringify({ dashboard: { uid: "large", title: "Large", panels } }),
  });
  const cwd = temporaryDirectory();
  const cc = (url: string, ...args: string[]) => run(args, { cwd, env: { GRAFANA_URL: url } });
  const exported = await cc(source.url, "export", "--plugin", "grafana", "-t", "2d");
  expect(exported.exitCode, exported.stderr).toBe(0);
  const [snapshot = ""] = readdirSync(`${cwd}/backups`);
  const restored = await cc(target.url, "restore", snapshot, "--plugin", "grafana", "--yes");
  expect(restored.exitCode).toBe(3);
  expect(restored.stderr).toMatch(
    /records were refused; they are in \S+rejected\.json\nmissing: grafana: \d+ of them: [A-Z]/,
  );
  const said = restored.stderr.split("not whole:").at(-1) ?? "";
  expect(said).toContain("Secrets that a snapshot does not hold are still missing");
  const named = said
    .split("\n")
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim());
  expect(named.sort()).toEqual([
    "Billing (PostgreSQL): billing-db/basicAuthPassword",
    "Billing (PostgreSQL): billing-db/password",
    "Mimir: mimir/httpHeaderValue1",
    "on call / webhook: cp-hook/password",
    "platform team: cp-slack/url",
  ]);
  expect(target.face.store.dashboards.get("large")?.spec).toEqual(
    source.face.store.dashboards.get("large")?.spec ?? {},
  );
}, 60_000);

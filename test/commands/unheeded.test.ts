/** A selector, labels and a tenant that a plugin does not heed are refused, and nothing is written. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { configOf, trustAll } from "../host/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(60_000);

/** A project with what `plugin new --server` writes, and its look-alike of a server behind it. */
async function scaffolded() {
  const events = Array.from({ length: 8 }, (_, hour) => ({
    id: hour + 1,
    time: `2026-01-24T0${hour}:00:00.000Z`,
  }));
  const written: unknown[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/stats")
        return Response.json({ events: 8, bytes: 100, oldest: events[0]?.time, newest: events[7]?.time });
      if (pathname === "/count") return Response.json({ events: 8 });
      if (request.method === "GET") return Response.json({ events, more: false });
      written.push(...((await request.json()) as unknown[]));
      return Response.json({});
    },
  });
  const off = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const home = temporaryDirectory({
    "contextcore.yaml": `plugins: [./ev]\nbackends:\n  acme/ev: { url: "${server.url.origin}" }\n${off}`,
  });
  expect((await run(["plugin", "new", "acme/ev", "--server"], { cwd: home })).exitCode).toBe(0);
  trustAll(await configOf(home));
  agreed(home);
  const call = (...args: string[]) => run(args, { cwd: home });
  return { home, call, written, [Symbol.dispose]: () => void server.stop(true) };
}

const DAY = ["--from", "2026-01-24", "--to", "2026-01-25"];
const backups = (home: string): string[] => {
  try {
    return readdirSync(join(home, "backups"));
  } catch {
    return [];
  }
};

test("of an untouched scaffold: match, label and into are refused, a range is heeded", async () => {
  using project = await scaffolded();
  const { call, home, written } = project;
  const chosen = await call("export", ...DAY, "--match", "acme/ev=nonsense");
  expect(chosen.stderr).toContain("--match acme/ev=nonsense: this backend cannot export by selector");
  expect(chosen.exitCode).toBe(2);
  expect(backups(home)).toEqual([]);

  expect(await call("export", ...DAY)).toMatchObject({ exitCode: 0 });
  for (const [flag, value, said] of [
    ["--label", "a=b", "this backend cannot add labels"],
    ["--into", "other", "it has no tenant to restore into"],
    ["--match", "x", "this backend cannot restore by selector"],
  ] as const) {
    const { stderr, exitCode } = await call("restore", "latest", flag, value, "--yes");
    expect(stderr).toContain(said);
    expect(exitCode).not.toBe(0);
    expect(written).toEqual([]);
  }

  const part = ["--from", "2026-01-24T05:00:00Z", "--to", "2026-01-24T06:00:00Z"];
  expect(await call("restore", "latest", ...part, "--yes")).toMatchObject({ exitCode: 0 });
  expect(written).toEqual([{ id: 6, time: "2026-01-24T05:00:00.000Z" }]);
});

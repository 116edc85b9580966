/** An inventory that comes upon what cannot be read says the rest, warns of it, and the export goes on. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { EXPORT } from "../../src/results/export.ts";
import { INVENTORY } from "../../src/results/inventory.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

type Name = "loki" | "mimir" | "tempo";

/** The lab's server, which answers 500 to calls whose path and parameters are like this. */
function failing(name: Name, calls: RegExp) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.clone().text();
      if (calls.test(`${pathname}${search} ${body}`)) return new Response("damaged", { status: 500 });
      return lab.faces[name].handle(request);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

const HOUR = 3_600_000;

const inventoryOf = async (name: Name, url = lab.urls[name]) => {
  const cwd = labProject(lab, { only: [name], urls: { [name]: url } });
  const { stdout, stderr } = await run(["inventory", "--json"], { cwd });
  const { backends, warnings } = parsedAs(INVENTORY, stdout);
  const [found] = backends;
  if (found === undefined) throw new Error(stderr);
  const said = warnings.filter(({ kind }) => kind === "server").map(({ message }) => message);
  return { ...found, said: said.join("\n") };
};

const ENDS_OF_LOKI = /query_range.* .*limit=1(&|$)/;

const FAULTS: readonly (readonly [Name, RegExp, RegExp, number])[] = [
  ["loki", ENDS_OF_LOKI, /could not be read.*answered 500/, 2 * 60_000],
  ["mimir", /\/api\/v1\/query /, /could not be looked at.*\/query answered 500/, HOUR],
  ["tempo", /\/api\/search\?.*limit=10000(&| )/, /could not be searched.*answered 500/, 2 * 60_000],
];

test.each(FAULTS)(
  "%s fails at some calls: its times are said as closely as they are known",
  async (name, calls, why, near) => {
    const whole = await inventoryOf(name);
    await using server = failing(name, calls);
    const found = await inventoryOf(name, server.url);
    expect(found.state).toBe("reached");
    expect(found.said).toMatch(why);
    for (const end of ["oldest", "newest"] as const) {
      const apart = Math.abs(Date.parse(found[end] ?? "") - Date.parse(whole[end] ?? ""));
      expect(apart, end).toBeLessThanOrEqual(near);
    }
  },
);

test("what an inventory cannot read keeps nothing from being exported", async () => {
  await using server = failing("loki", ENDS_OF_LOKI);
  const cwd = labProject(lab, { only: ["loki"], urls: { loki: server.url } });
  const { stdout, exitCode } = await run(["export", "--all", "--json"], { cwd });
  const { status, backends } = parsedAs(EXPORT, stdout);
  expect({ exitCode, status }).toEqual({ exitCode: 0, status: "complete" });
  expect(backends[0]?.counts.entries).toBeGreaterThan(1000);
});

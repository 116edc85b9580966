/** A restore beside live data: with a label, into another tenant, of a part. What was there stays as it was. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as v from "valibot";
import { createMimir } from "../lab/mimir/index.ts";
import { type Stacks, startStacks, TIMED } from "./stack.ts";

interface Plugin {
  readonly name: string;
  readonly written: Record<string, number>;
  readonly existing: Record<string, number>;
  readonly rejected: number;
}

let stacks: Stacks;
let path: string;
beforeAll(async () => {
  stacks = await startStacks();
  path = await stacks.exported(stacks.full, "first", TIMED);
});
afterAll(() => stacks.stop());

async function restored(...args: string[]): Promise<Plugin[]> {
  const { stdout, stderr, exitCode } = await stacks.on(
    stacks.full,
    "restore",
    path,
    "--yes",
    "--json",
    ...args,
  );
  expect(exitCode, stdout + stderr).toBe(0);
  return JSON.parse(stdout).backends;
}

async function countsOf(directory: string, ...args: string[]): Promise<Record<string, number>> {
  const { stdout } = await stacks.on(stacks.full, "export", "-t", "27h", "-o", directory, "--json", ...args);
  return JSON.parse(stdout).backends[0].counts;
}

test("--label makes other streams of them, beside those that are there", async () => {
  const before = await countsOf("before", "--plugin", "loki");
  const [loki] = await restored("--plugin", "loki", "--label", "restored_from=20260124");
  expect(loki).toMatchObject({ rejected: 0, existing: {}, written: before });
  const labelled = await countsOf("labelled", "--plugin", "loki", "--match", '{restored_from="20260124"}');
  expect(labelled).toEqual(before);
  const all = await countsOf("all", "--plugin", "loki");
  expect(all.entries).toBe(2 * (before.entries ?? 0));
}, 60_000);

test("--into writes into that tenant, and the own one stays as it is", async () => {
  const mimir = createMimir({ now: () => BigInt(Date.now()) * 1_000_000n, multitenant: true });
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => mimir.handle(request) });
  const url = `http://127.0.0.1:${server.port}`;
  const settings = [`backends.mimir.url=${url}`, "backends.mimir.tenant=own"].flatMap((one) => [
    "--set",
    one,
  ]);
  const [done] = await restored("--plugin", "mimir", ...settings, "--into", "other");
  expect(done?.written.samples).toBeGreaterThan(30_000);
  const namesOf = async (tenant: string): Promise<unknown> => {
    const answer = await fetch(`${url}/prometheus/api/v1/label/__name__/values`, {
      headers: { "x-scope-orgid": tenant },
    });
    return v.parse(v.object({ data: v.array(v.string()) }), await answer.json()).data;
  };
  expect(await namesOf("own")).toEqual([]);
  expect(await namesOf("other")).toContain("up");
}, 60_000);

test("--from and --to restore that part and nothing else", async () => {
  const lab = await stacks.another();
  const from = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const args = ["--yes", "--json", "--plugin", "loki", "--from", from];
  const { stdout, exitCode } = await stacks.on(lab, "restore", path, ...args);
  expect(exitCode, stdout).toBe(0);
  const there = await stacks.on(lab, "export", "-t", "27h", "-o", "part", "--json", "--plugin", "loki");
  const whole = await stacks.on(stacks.empty, "restore", path, "--yes", "--json", "--plugin", "loki");
  const written = JSON.parse(stdout).backends[0].written.entries;
  expect(JSON.parse(there.stdout).backends[0].counts.entries).toBe(written);
  expect(written).toBeLessThan(JSON.parse(whole.stdout).backends[0].written.entries);
  expect(written).toBeGreaterThan(0);
}, 60_000);

/** Killed at any instant while a snapshot is written anew: the old one or the new one is there, whole, and going on ends as if nothing had been. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { begin, ENTRY, flawsIn, namesIn, placesWith, rewrittenProject, work } from "./rewritten-project.ts";

setDefaultTimeout(300_000);

const KILLS = 24;

test("kill -9 at any instant leaves the old snapshot or the new one, here and in the place", async () => {
  const whole = await rewrittenProject();
  const began = performance.now();
  await work(whole, "erase", ENTRY);
  const took = performance.now() - began;
  const states = new Set<string>();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { cwd, name } = await rewrittenProject();
    const child = begin({ cwd }, "erase", ENTRY);
    await Bun.sleep((took * kill) / KILLS);
    child.kill("SIGKILL");
    await child.exited;
    states.add(JSON.stringify([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).replaceAll(name, "NAME"));
    expect(await flawsIn(join(cwd, "backups"))).toEqual([]);
    await work({ cwd }, "erase", ENTRY);
    expect(await work({ cwd }, "finish")).toMatchObject({ owed: [] } as never);
    expect([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).toEqual([[`${name}-2`], [`${name}-2`]]);
    expect(await flawsIn(join(cwd, "backups"))).toEqual([]);
    expect(placesWith(cwd, ENTRY)).toEqual([]);
  }
  // Not every kill came before it began, or after it had ended.
  expect(states.size).toBeGreaterThan(2);
});

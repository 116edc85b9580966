/** `make demo`, the first thing that the README offers, works from its beginning to its end without anybody to answer. */
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { binary } from "../support/binary.ts";

const root = resolve(import.meta.dir, "../..");

test("the demo saves, proves, destroys, and shows who did what", async () => {
  expect(binary).toStartWith(root);
  const child = Bun.spawn([process.execPath, "scripts/demo.ts"], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining("the stack demo is destroyed"),
  });
  expect(stdout).toMatch(
    /sizes and SHA-256 as the manifest says[\s\S]*destroy .*outcome=success[\s\S]*── Done in/,
  );
}, 120_000);

/**
 * Uses a directory as a store, in a process that may be killed, has a small disk or is somebody else's.
 * Arguments: the directory, an object's name, and `full` (a write of too much), `list` (a listing), or nothing: a write in the
 * middle of which it kills itself.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import directory from "../../../plugins/directory/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import { PluginError } from "../../../src/contract/contextcore.ts";

const [path = "", name = "", how] = process.argv.slice(2);
const store = directory.store?.(createTestContext(directory, { options: { path } }));
const signal = new AbortController().signal;
const size = 1 << 20;

async function* halves(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(size / 2);
  if (how === undefined) {
    process.stdout.write("half of it is written\n");
    process.kill(process.pid, "SIGKILL");
  }
  yield new Uint8Array(size / 2);
}

try {
  if (how === "list") await Array.fromAsync(store?.list("", signal) ?? []);
  else await store?.write({ name, size, sha256: "0".repeat(64), bytes: halves() }, signal);
} catch (error) {
  if (!(error instanceof PluginError)) throw error;
  const { kind, message, hint } = error;
  const left = how === "full" ? [readdirSync(path), readdirSync(join(path, ".contextcore-unfinished"))] : [];
  console.log(JSON.stringify({ kind, message, hint, left }));
}

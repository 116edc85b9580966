/** A second service of one project: it is refused, whatever else is wrong, and the first one has no fault of it. */
import { Database } from "bun:sqlite";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { QUIET_PROJECT, quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const heard: string[] = [];
const receiver = Bun.serve({
  port: 0,
  async fetch(request) {
    heard.push(await request.text());
    return new Response("ok");
  },
});
afterAll(() => receiver.stop(true));

const NOTIFY = `notify:\n  - url: http://localhost:${receiver.port}/hook\n`;

const faultsOf = (cwd: string): number => {
  using database = new Database(join(cwd, ".contextcore/service.db"), { readonly: true });
  return database.query("SELECT * FROM faults").all().length;
};

test.each([
  ["a key that is not there", "service:\n  tls: { cert: gone.pem, key: gone.pem }\n", 4, "another service"],
  ["a kind that there is not", "permissions:\n  api: [nonsense]\n", 4, "another service"],
  ["what cannot be read", "audit:\n  retention: for ever\n", 2, "retention"],
  ["nothing", "", 4, "another service serves"],
])("it fails by %s, and nobody is told", async (_, more, code, says) => {
  heard.length = 0;
  const service = await startService(quietProject(NOTIFY));
  writeFileSync(join(service.cwd, "contextcore.yaml"), `${QUIET_PROJECT}${NOTIFY}${more}`);
  const second = await run(["serve", "--listen", "127.0.0.1:0"], { cwd: service.cwd });
  expect([second.exitCode, second.stderr]).toEqual([code, expect.stringContaining(says)]);
  expect([heard, faultsOf(service.cwd)]).toEqual([[], 0]);
  expect(await service.stop()).toBe(0);
  if (more === "") return;
  // Once nobody serves, whoever is to be told is told.
  await run(["serve", "--listen", "127.0.0.1:0"], { cwd: service.cwd });
  expect(heard).toHaveLength(1);
});

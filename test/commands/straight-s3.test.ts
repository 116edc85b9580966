/** `export -o PLACE` into S3, which may be busy, full, away for a while, or lose the program that writes. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFaults } from "../../src/conformance/faults.ts";
import { createS3 } from "../lab/s3/index.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { startMoto } from "../support/s3-servers.ts";
import { json } from "./copied.ts";

setDefaultTimeout(120_000);

const KEYS = { accessKeyId: "access", secretAccessKey: "s3cret" };

/** Some hundred small files and a larger one, which go straight into this bucket. */
function project(url: string, keys = KEYS): string {
  const cwd = temporaryDirectory(
    Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`etc/${at % 7}/${at}.conf`, `number = ${at}\n`]),
    ),
  );
  writeFileSync(
    join(cwd, "etc/large"),
    crypto
      .getRandomValues(Buffer.alloc(30 << 10))
      .toString("base64")
      .repeat(700),
  );
  const off = ["tempo", "mimir", "loki", "grafana"].map((one) => `  ${one}: { enabled: false }\n`).join("");
  const store = { plugin: "s3", bucket: "shop", prefix: "snapshots", url, ...keys };
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\nbackends:\n${off}  files: { path: ./etc }\nstores:\n  offsite: ${JSON.stringify(store)}\n`,
  );
  return agreed(cwd);
}

const lab = createS3();
const faults = createFaults();
let url: string;
let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    fetch: faults.around(lab.handle),
  });
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.stop(true));

const objects = (): string[] => [...lab.objects.keys()].sort();

/** What lies there is one copy, whole, from which all comes back. */
async function expectWhole(cwd: string, name: string, there = objects()): Promise<void> {
  const shown = await json(cwd, "verify", `offsite:${name}`);
  expect([shown.exitCode, shown.printed?.sound], shown.stderr).toEqual([0, true]);
  expect(there.filter((one) => /plan\.json|commits\/|probe/.test(one))).toEqual([]);
  const kept = Bun.spawnSync(["cp", "-a", join(cwd, "etc"), join(cwd, "kept")]);
  expect(kept.exitCode).toBe(0);
  rmSync(join(cwd, "etc"), { recursive: true });
  expect((await run(["restore", `offsite:${name}`, "--yes"], { cwd })).exitCode).toBe(0);
  expect(Bun.spawnSync(["diff", "-r", join(cwd, "etc"), join(cwd, "kept")]).exitCode).toBe(0);
}

test("a service that is busy now and then gets it all the same", async () => {
  lab.objects.clear();
  const cwd = project(url);
  for (const after of [2, 9, 17]) faults.add({ kind: "status", status: 503, retryAfter: 0, times: 2, after });
  faults.add({ kind: "cut", times: 1, after: 12 });
  const exported = await json(cwd, "export", "--all", "--compress", "zstd", "-o", "offsite");
  expect(exported.exitCode, exported.stderr).toBe(0);
  expect(faults.struck).toBeGreaterThan(5);
  faults.clear();
  await expectWhole(cwd, exported.printed.snapshot.name);
});

test("one that has no room any more, or is away, stops it; it goes on when that has passed", async () => {
  lab.objects.clear();
  const cwd = project(url);
  faults.add({ kind: "status", status: 507, body: "no room", path: "\\.tar", after: 1 });
  const stopped = await json(cwd, "export", "--all", "-o", "offsite");
  expect([stopped.exitCode, stopped.stderr]).toEqual([
    1,
    expect.stringMatching(
      /the export stopped: offsite does not take what was read: .*507(.|\n)*--resume offsite:\d{8}-\d{6}/,
    ),
  ]);
  faults.clear();
  const [, named = ""] = /--resume (offsite:\S+)/.exec(stopped.stderr) ?? [];
  const resumed = await json(cwd, "export", "--resume", named);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  await expectWhole(cwd, resumed.printed.snapshot.name);
});

test("what only-if-absent means is tried before anything is read", async () => {
  lab.objects.clear();
  lab.defects.ignoresConditions = true;
  const cwd = project(url);
  const refused = await json(cwd, "export", "--all", "-o", "offsite");
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("only if absent")]);
  lab.defects.ignoresConditions = false;
  expect(objects()).toEqual([]);
});

test("killed with -9 while it writes, it is finished from there", async () => {
  const s3 = await startMoto();
  await s3.makeBucket("shop");
  const { url: address, ...keys } = s3.options;
  const cwd = project(address, keys);
  const listed = async (): Promise<string[]> => {
    const text = await (await s3.call("GET", "/shop", { query: "list-type=2&prefix=snapshots" })).text();
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
  };
  const child = Bun.spawn([binary, "export", "--all", "-o", "offsite"], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "ignore", "ignore"],
  });
  while (child.exitCode === null && !(await listed()).some((one) => one.includes(".tar"))) await Bun.sleep(1);
  child.kill("SIGKILL");
  await child.exited;
  const resumed = await json(cwd, "export", "--resume", "-o", "offsite");
  expect([resumed.exitCode, resumed.stderr]).toEqual([
    0,
    expect.stringContaining("`contextcore export --resume -o offsite` finishes it"),
  ]);
  await expectWhole(cwd, resumed.printed.snapshot.name, await listed());
});

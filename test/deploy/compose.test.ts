/** compose.yaml and the Makefile keep what they promise. That the servers accept the files is not tested here: it needs Docker. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";

const root = resolve(import.meta.dir, "../..");
const read = (path: string): unknown => parse(readFileSync(join(root, path), "utf8"));

const Compose = v.object({
  services: v.record(
    v.string(),
    v.object({
      image: v.string(),
      ports: v.optional(v.array(v.string()), []),
      volumes: v.optional(v.array(v.string()), []),
      healthcheck: v.optional(v.object({ test: v.array(v.string()) })),
    }),
  ),
  volumes: v.record(v.string(), v.unknown()),
});

const { services, volumes } = v.parse(Compose, read("compose.yaml"));

test("the stack is whole, and the defaults of the plugins fit it", () => {
  expect(Object.keys(services).sort()).toEqual(["collector", "grafana", "loki", "mimir", "probe", "tempo"]);
  const published = Object.values(services).flatMap(({ ports }) => ports.map((port) => port.split(":")[1]));
  expect(published.sort()).toEqual(["3000", "3100", "3200", "4317", "4318", "9009"]);
});

test("images are pinned to a version, and nothing listens beyond 127.0.0.1", () => {
  for (const { image, ports } of Object.values(services)) {
    expect(image).toMatch(/:\d+\.\d+\.\d+$/);
    for (const port of ports) expect(port).toStartWith("127.0.0.1:");
  }
});

test("each store keeps its data in a named volume, and reads a configuration that is there", () => {
  for (const name of ["tempo", "mimir", "loki", "grafana"]) {
    const mounts = services[name]?.volumes ?? [];
    expect(mounts.filter((mount) => mount.startsWith(`${name}-data:`)).length).toBe(1);
    expect(volumes).toHaveProperty(`${name}-data`);
  }
  const files = Object.values(services).flatMap((one) =>
    one.volumes.filter((mount) => mount.startsWith("./")),
  );
  for (const mount of files) expect(existsSync(join(root, mount.split(":")[0] ?? ""))).toBe(true);
});

test("every server is checked for health, by itself or by the probe", () => {
  const own = Object.entries(services).filter(([, { healthcheck }]) => healthcheck !== undefined);
  expect(own.map(([name]) => name).sort()).toEqual(["grafana", "loki", "probe", "tempo"]);
  const probed = services.probe?.healthcheck?.test.join(" ") ?? "";
  expect(probed).toContain("http://mimir:9009/ready");
  expect(probed).toContain("http://collector:13133/");
});

test("Loki's moving border lies behind most queries: only with chunks on a file system may it be set", () => {
  expect(read("deploy/loki.yaml")).toMatchObject({
    ingester: { query_store_max_look_back_period: "240h" },
    schema_config: { configs: [{ object_store: "filesystem" }] },
  });
});

test("what is restored is accepted: old samples, old lines, old spans", () => {
  expect(read("deploy/loki.yaml")).toMatchObject({ limits_config: { reject_old_samples: false } });
  expect(read("deploy/mimir.yaml")).toMatchObject({ limits: { out_of_order_time_window: "720h" } });
  expect(read("deploy/tempo.yaml")).toMatchObject({
    storage: { trace: { wal: { ingestion_time_range_slack: "8760h" } } },
    live_store: { wal: { ingestion_time_range_slack: "8760h" } },
  });
});

const TARGETS =
  "setup build test check generated bench demo full-setup up down health data-inventory pre-destroy-check destroy backup-full storage-status help lab";

test("the Makefile has every target, and `make help` lists it", () => {
  const { stdout, exitCode } = Bun.spawnSync(["make", "--no-print-directory", "help"], { cwd: root });
  const listed = [...stdout.toString().matchAll(/^ {2}make (\S+)/gm)].map(([, name]) => name);
  expect({ exitCode, missing: TARGETS.split(" ").filter((name) => !listed.includes(name)) }).toEqual({
    exitCode: 0,
    missing: [],
  });
});

test("`make destroy` ends in `contextcore destroy`, and no target holds logic of its own", () => {
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  expect(makefile).toMatch(/^destroy:.*\n\t\$\(contextcore\) destroy$/m);
  const recipes = [...makefile.matchAll(/^\t(.+)$/gm)].map(([, line = ""]) => line);
  expect(recipes.filter((line) => /[;|]|&&|\bif\b/.test(line) && !line.startsWith("@awk"))).toEqual([]);
});

/** compose.yaml and the Makefile keep what they promise. That the servers accept the files is not tested here: it needs Docker. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { VERSION } from "../../src/version.ts";
import { debianProgram } from "../support/debian.ts";

const root = resolve(import.meta.dir, "../..");
const read = (path: string): unknown => parse(readFileSync(join(root, path), "utf8"));

const Compose = v.object({
  services: v.record(
    v.string(),
    v.object({
      image: v.string(),
      ports: v.optional(v.array(v.string()), []),
      volumes: v.optional(v.array(v.string()), []),
      tmpfs: v.optional(v.array(v.string()), []),
      profiles: v.optional(v.array(v.string()), []),
      healthcheck: v.optional(v.object({ test: v.array(v.string()) })),
    }),
  ),
  volumes: v.record(v.string(), v.unknown()),
});

const { services: all, volumes } = v.parse(Compose, read("compose.yaml"));

const inProfile = (profile: string | undefined) =>
  Object.fromEntries(Object.entries(all).filter(([, { profiles }]) => profiles[0] === profile));

/** What starts without a profile. */
const services = inProfile(undefined);

test("the stack is whole, and the defaults of the plugins fit it", () => {
  expect(Object.keys(services).sort()).toEqual(["collector", "grafana", "loki", "mimir", "probe", "tempo"]);
  const published = Object.values(services).flatMap(({ ports }) => ports.map((port) => port.split(":")[1]));
  expect(published.sort()).toEqual(["3000", "3100", "3200", "4317", "4318", "9009"]);
});

test("images are pinned to a version, and nothing listens beyond 127.0.0.1", () => {
  for (const { image, ports } of Object.values(all)) {
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

/** Debian's newest: the last of the releases before it cannot read the file. */
const COMPOSE = debianProgram({ suite: "sid", package: "docker-compose", program: "docker-compose" });

interface Resolved {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The file as Docker Compose itself understands it. */
function composed(env: Readonly<Record<string, string>>, ...profiles: readonly string[]): Resolved {
  const flags = profiles.flatMap((profile) => ["--profile", profile]);
  const { stdout, stderr, exitCode } = Bun.spawnSync([COMPOSE, ...flags, "config", "--format", "json"], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: "/home/ada", PWD: root, ...env },
    stderr: "pipe",
  });
  expect({ said: `${stderr}`, exitCode }).toEqual({ said: "", exitCode: 0 });
  return JSON.parse(`${stdout}`);
}

test("Docker Compose reads it, and without a profile only the stack starts", () => {
  expect(Object.keys(composed({}).services).sort()).toEqual(Object.keys(services).sort());
});

test("the service has no rights, a root that it can only read, and no volume that a `down -v` removes", () => {
  const { contextcore } = composed({ UID: "1234", GID: "99" }, "service").services;
  expect(contextcore).toMatchObject({
    image: `contextcore:${VERSION}`,
    build: { dockerfile: "deploy/container/Containerfile" },
    network_mode: "host",
    user: "1234:99",
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    working_dir: root,
    volumes: [
      { type: "bind", source: root, target: root },
      { type: "bind", source: "/home/ada/.contextcore", target: "/var/lib/contextcore" },
    ],
  });
  expect(contextcore).not.toHaveProperty("ports");
  expect(contextcore?.environment).toMatchObject({ CONTEXTCORE_HOME: "/var/lib/contextcore" });
});

test("each variable of .env.example is read by the service or by the stack", () => {
  const text = readFileSync(join(root, ".env.example"), "utf8");
  const names = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(8);
  const compose = readFileSync(join(root, "compose.yaml"), "utf8");
  expect(names.filter((name) => !compose.includes(`\${${name}:-`))).toEqual([]);
});

test("the stack for drills is the same one, empty, on other ports, and leaves nothing behind", () => {
  const drill = inProfile("drill");
  const stack = ["tempo", "mimir", "loki", "grafana"];
  expect(Object.keys(drill).sort()).toEqual(stack.map((name) => `drill-${name}`).sort());
  for (const name of stack) {
    const [real, empty] = [services[name], drill[`drill-${name}`]];
    expect(empty?.image).toBe(real?.image ?? "");
    const ports = [real?.ports[0]?.replace("127.0.0.1:", "127.0.0.1:1") ?? ""];
    // Where a restore writes its spans.
    expect(empty?.ports).toEqual(name === "tempo" ? [...ports, "127.0.0.1:14318:4318"] : ports);
    const data = real?.volumes.find((mount) => mount.startsWith(`${name}-data:`))?.split(":")[1] ?? "";
    expect(empty?.tmpfs).toEqual([data]);
    expect(empty?.volumes.filter((mount) => !mount.endsWith(":ro"))).toEqual([]);
  }
});

const TARGETS =
  "service setup build test check generated bench demo full-setup up down health data-inventory pre-destroy-check destroy backup-full storage-status help lab";

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

/** The whole stack is lost: seven sources are brought back on an empty machine from a place, and exported again: equal. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fill, inside, json, machine, OWN, rowsOf, saved, treeOf } from "../commands/machine.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

setDefaultTimeout(300_000);

const labs: Lab[] = [];
afterAll(async () => void (await Promise.all(labs.map((one) => one.stop()))));

const SERVERS = ["tempo", "mimir", "loki", "grafana"] as const;

/** A stack of its own: four servers in the lab, a Redis, and what {@link OWN} names. */
async function stack(empty: boolean) {
  const [lab, redis] = await Promise.all([
    startLab({ empty }),
    startRedis("Redis 8", ["--enable-debug-command", "local"]),
  ]);
  labs.push(lab);
  const urls = SERVERS.map((name) => {
    const more = { tempo: `, otlpUrl: "${lab.urls.otlp}"`, grafana: ", managed: true", mimir: "", loki: "" };
    return `  ${name}: { url: "${lab.urls[name]}"${more[name]} }\n`;
  });
  return { redis, backends: `${urls.join("")}  redis: { address: "${redis.address}" }\n${OWN}` };
}

interface Difference {
  readonly file: string;
  readonly onlyA: number;
  readonly onlyB: number;
}

interface Backend {
  readonly backend: string;
  readonly units: readonly { readonly unit: string; readonly how: string; readonly verdict: string }[];
  readonly unproven: readonly string[];
}

/** What docs/backup-and-restore.md says never comes back: what alerting wrote, who provisioned something, secrets. */
const NEVER_THE_SAME = [
  "grafana/annotations.jsonl",
  "grafana/dashboards/Platform/Node Exporter-node-exporter.json",
  "grafana/datasources/Billing (PostgreSQL)-billing-db.json",
  "grafana/datasources/Mimir-mimir.json",
];

const digestOf = (server: RedisServer): string => server.cli("DEBUG DIGEST\n");

test.each([false, true])("encrypted: %p", async (isEncrypted) => {
  const [full, empty] = await Promise.all([stack(false), stack(true)]);
  const identity = join(temporaryDirectory(), "backup.key");
  const recipient = (await inside(temporaryDirectory(), "keys", "new", identity)).stdout.trim();
  const stored = isEncrypted ? `, encrypt: [${recipient}]` : "";
  const lost = machine({ backends: full.backends, stored });
  if (isEncrypted) expect((await inside(lost.cwd, "keys", "check", "--identity", identity)).exitCode).toBe(0);
  fill(lost.cwd);
  full.redis.cli("SET a 1\nRPUSH list x y z\nHSET hash k v\n");
  const key = await saved(lost.cwd);
  rmSync(join(lost.cwd, "backups"), { recursive: true });

  const steps = [
    "wait: [tempo, mimir, loki, grafana, redis]",
    "restore: [worm, etc]",
    "restore: [redis, loki]",
    'restore: "*"',
  ];
  const found = machine({ backends: empty.backends, stored, place: lost.place, steps });
  const reading = ["--key", key, ...(isEncrypted ? ["--identity", identity] : [])];
  if (isEncrypted) {
    const blind = await inside(found.cwd, "recover", "--from", "offsite", "--key", key, "--yes");
    expect([blind.exitCode, blind.stderr]).toEqual([2, expect.stringContaining("--identity FILE")]);
  }
  const done = await json(found.cwd, "recover", "--from", "offsite", "--yes", ...reading);
  // Grafana takes no annotations of its own alerting, which is told; everything else is there.
  expect([done.exitCode, done.printed?.status], done.stderr).toEqual([3, "partial"]);
  expect(done.stderr.match(/^(missing|not proved): .*/gm)).toEqual([
    expect.stringContaining("missing: grafana: 1 record was refused"),
    expect.stringContaining("missing: grafana: 1 of them: Alerting wrote it"),
  ]);
  const short = done.printed.backends.flatMap(({ backend, units, unproven }: Backend) => [
    ...units.filter(({ verdict }) => verdict !== "same").map(({ unit, how }) => `${backend} ${unit} ${how}`),
    ...unproven,
  ]);
  expect(short).toEqual(["grafana annotations written"]);
  expect(done.printed.backends.map(({ backend }: { backend: string }) => backend).sort()).toEqual([
    "etc",
    "grafana",
    "loki",
    "mimir",
    "redis",
    "tempo",
    "worm",
  ]);

  expect(rowsOf(found.cwd)).toEqual(rowsOf(lost.cwd));
  expect(treeOf(join(found.cwd, "etc"))).toEqual(treeOf(join(lost.cwd, "etc")));
  expect(digestOf(empty.redis)).toBe(digestOf(full.redis));
  expect((await inside(found.cwd, "export", "--all")).exitCode).toBe(0);
  const [again = ""] = readdirSync(join(found.cwd, "backups")).filter((name) => /^\d{8}-/.test(name));
  const diff = await json(found.cwd, "snapshots", "diff", "offsite:latest", again, ...reading);
  // A dump says when it was made, and what was made anew has other inodes; those two were compared above.
  const differing = (diff.printed.files as Difference[]).filter(({ onlyA, onlyB }) => onlyA + onlyB > 0);
  expect(differing.map(({ file }) => file).filter((file) => !/^(redis|etc)\//.test(file))).toEqual(
    NEVER_THE_SAME,
  );
});

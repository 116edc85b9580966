/**
 * `bun test/bench/copies.ts [--size MB] [--rate MB/s] [--rounds N] [--lines N]`: copies of a snapshot to S3, as they are and
 * encrypted, beside a bare loop of PUTs and `rclone copy` of the same files, in turns; and what is fetched to restore one hour
 * of a snapshot there. The bucket is the look-alike, behind a link of a gigabit unless `--rate` says another; 0 is without limit.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { debianProgram } from "../support/debian.ts";
import { type Measured, measure, median } from "./run.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "256" },
    rate: { type: "string", default: "125" },
    rounds: { type: "string", default: "3" },
    lines: { type: "string", default: "2000000" },
  },
});
const rclone = debianProgram({ package: "rclone", program: "rclone" });
const directory = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
const backups = join(directory, "backups");
const env = {
  HOME: join(directory, "home"),
  AWS_ACCESS_KEY_ID: "access",
  AWS_SECRET_ACCESS_KEY: "s3cret",
  // rclone takes no certificates of its own beside its options.
  AWS_CA_BUNDLE: "",
};
const ours = (...args: string[]): Promise<Measured> => measure(args, { cwd: directory, env, accept: [3] });
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const row = (what: string, measured: string, budget = ""): void =>
  console.log(`${what.padEnd(36)}${measured.padStart(48)}   ${budget}`);

async function start(script: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, script), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const piece of child.stdout)
    return { said: JSON.parse(new TextDecoder().decode(piece)), stop: () => child.kill() };
  throw new Error(`${script} did not start`);
}

/** Files whose bytes nothing can make fewer: the first as large as all others together. Little is held: who is started counts it, too. */
function makeTrees(): string[] {
  const size = Number(values.size) * 1e6;
  const shares = [0.5, 0.2, 0.2, 0.05, 0.05];
  return shares.map((share, tree) => {
    const folder = join(directory, "trees", String(tree));
    mkdirSync(folder, { recursive: true });
    const piece = new Uint8Array(65_536);
    for (let at = 0; at < size * share; at += piece.length)
      appendFileSync(join(folder, "file"), crypto.getRandomValues(piece));
    return folder;
  });
}

async function configure(url: string): Promise<string> {
  const identity = join(directory, "identity");
  const recipient = (await ours("keys", "new", identity)).stdout.trim();
  const trees = makeTrees().map((path, at) => `  tree-${at}: { plugin: files, path: ${path} }\n`);
  const others = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
  const place = (name: string, more = "") =>
    `  ${name}: { plugin: s3, url: "${url}", bucket: shop, prefix: ${name}${more} }\n`;
  const stores = place("plain") + place("sealed", `, encrypt: [${recipient}]`);
  const text = `name: bench\nbackends:\n${trees.join("")}${others.join("")}stores:\n${stores}`;
  writeFileSync(join(directory, "contextcore.yaml"), text);
  await ours("config", "trust", "--yes");
  await ours("keys", "check", "--identity", identity);
  return identity;
}

const sizeOf = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + Bun.file(join(entry.parentPath, entry.name)).size, 0);

async function benchCopies(url: string): Promise<void> {
  await ours("export", ...[0, 1, 2, 3, 4].flatMap((tree) => ["--plugin", `tree-${tree}`]));
  const bytes = sizeOf(backups);
  const remote = `:s3,provider=Other,env_auth,endpoint="${url}",no_check_bucket,list_version=2:shop/rclone`;
  const bare = [resolve(import.meta.dir, "put-loop.ts"), url, backups];
  const contenders: [string, string, () => Promise<Measured>][] = [
    ["snapshots copy", "0.9 of the bare loop, 150 MB more than idle", () => copied("plain")],
    ["  encrypted", "60 MB/s, 150 MB", () => copied("sealed")],
    ["bare loop of PUTs", "", () => measure(bare, { cwd: directory, env, program: process.execPath })],
    [
      "rclone copy",
      "",
      () => measure(["copy", backups, remote, "-q"], { cwd: directory, env, program: rclone }),
    ],
  ];
  const runs = contenders.map((): Measured[] => []);
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [at, [, , run]] of contenders.entries()) {
      await fetch(url, { method: "DELETE" });
      runs[at]?.push(await run());
    }
  const walls = runs.map((all) => median(all.map(({ wall }) => wall)));
  for (const [at, [what, budget]] of contenders.entries()) {
    const [wall = 0, all = []] = [walls[at], runs[at]];
    const ratio = ((walls[2] ?? 0) / wall).toFixed(2);
    const cpu = median(all.map((one) => one.cpu)).toFixed(2);
    const memory = megabytes(median(all.map((one) => one.memory)));
    const rate = `${megabytes(bytes / wall)}/s, ${ratio} of the loop`;
    row(what, `${rate}, ${cpu} s CPU, ${memory}`, budget);
  }
}

/** A copy, whose memory is what it takes beside that of the same command with nothing to send. */
async function copied(place: string): Promise<Measured> {
  const run = () => ours("snapshots", "copy", "latest", "--to", place);
  const [full, idle] = [await run(), await run()];
  return { ...full, memory: full.memory - idle.memory };
}

interface Block {
  readonly file: string;
  readonly bytes: number;
  readonly from: string;
  readonly to: string;
}

async function benchHour(url: string, identity: string): Promise<void> {
  rmSync(backups, { recursive: true });
  const full = await start("server.ts", "--lines", values.lines);
  const empty = await start("server.ts");
  try {
    const only = ["--plugin", "loki"];
    const loki = (urls: Record<string, string>) => ({
      ...env,
      CONTEXTCORE_LOKI_URL: urls.loki ?? "",
    });
    await measure(["export", "-t", "5h", ...only], { cwd: directory, env: loki(full.said), accept: [3] });
    const [name = ""] = readdirSync(backups);
    const blocks = (await Bun.file(join(backups, name, "blocks.jsonl")).text())
      .split("\n")
      .flatMap((line): Block[] => (line.includes('"from"') ? [JSON.parse(line)] : []));
    row(`a snapshot of ${blocks.length} blocks`, megabytes(sizeOf(join(backups, name))));
    const from = new Date(Date.now() - 3 * 3_600_000).toISOString();
    const to = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const wanted = blocks
      .filter((block) => Date.parse(block.to) > Date.parse(from) && Date.parse(block.from) < Date.parse(to))
      .reduce((sum, { bytes }) => sum + bytes, 0);
    for (const place of ["plain", "sealed"]) {
      await fetch(url, { method: "DELETE" });
      await ours("snapshots", "copy", name, "--to", place);
      const before = await fetchedFrom(url);
      const hour = [
        "--from",
        from,
        "--to",
        to,
        "--yes",
        ...(place === "sealed" ? ["--identity", identity] : []),
      ];
      const run = await measure(["restore", `${place}:${name}`, ...only, ...hour], {
        cwd: directory,
        env: loki(empty.said),
      });
      const fetched = (await fetchedFrom(url)) - before;
      const said = `${megabytes(fetched)} fetched for blocks of ${megabytes(wanted)}, ${run.wall.toFixed(1)} s, ${megabytes(run.memory)}`;
      row(`restore one hour, ${place}`, `${said}, ratio ${(fetched / wanted).toFixed(2)}`, "1.1");
    }
  } finally {
    full.stop();
    empty.stop();
  }
}

async function fetchedFrom(url: string): Promise<number> {
  const given = (await (await fetch(url)).json()) as [string, number][];
  return given.reduce((sum, [, bytes]) => sum + bytes, 0);
}

const bucket = await start("s3-server.ts", "--rate", String(Number(values.rate) * 1e6));
try {
  const identity = await configure(bucket.said.url);
  await benchCopies(bucket.said.url);
  await benchHour(bucket.said.url, identity);
} finally {
  bucket.stop();
  rmSync(directory, { recursive: true, force: true });
}

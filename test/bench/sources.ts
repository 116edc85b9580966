/**
 * `bun test/bench/sources.ts [--size MB] [--files N] [--rounds N]`: exports of an SQLite database, of a Redis server and of
 * small files, beside `sqlite3 .backup`, `redis-cli --rdb` and `tar | zstd -3` of the same data, in turns. Of SQLite the backup
 * alone is what has a budget; its checks, the checksums and the snapshot's own files are in the export.
 */
import { Database } from "bun:sqlite";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { debianProgram } from "../support/debian.ts";
import { type Measured, measure, median } from "./run.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "256" },
    files: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
  },
});
const bytes = Number(values.size) * 1e6;
const directory = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
const at = (...names: string[]): string => join(directory, ...names);
const env = { HOME: at("home") };

/** A way to save the data. */
interface Contender {
  readonly name: string;
  readonly budget?: string;
  run(): Promise<Measured>;
}

/** A program that writes one file, which is removed afterwards. */
const program = (name: string, command: readonly [string, ...string[]], file: string): Contender => ({
  name,
  async run() {
    const [path, ...args] = command;
    const measured = await measure(args, { cwd: directory, env, program: path });
    rmSync(file, { force: true });
    return measured;
  },
});

const exported = (backend: string, budget = ""): Contender => ({
  name: `contextcore export, ${backend}`,
  budget,
  async run() {
    const args = ["export", "--plugin", backend, "-o", at("out")];
    const measured = await measure(args, { cwd: directory, env, accept: [3] });
    rmSync(at("out"), { recursive: true });
    return measured;
  },
});

/** Each once a round; the last one is the peer. @param of so many bytes */
async function inTurns(contenders: readonly Contender[], of = bytes): Promise<void> {
  const runs = contenders.map((): Measured[] => []);
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [index, one] of contenders.entries()) runs[index]?.push(await one.run());
  const middle = (index: number, part: (one: Measured) => number): number =>
    median((runs[index] ?? []).map(part));
  const peer = middle(contenders.length - 1, ({ wall }) => wall);
  for (const [index, { name, budget = "" }] of contenders.entries()) {
    const wall = middle(index, (one) => one.wall);
    const rate = `${(of / 1e6 / wall).toFixed(0)} MB/s, ${(peer / wall).toFixed(2)} of the peer`;
    const cost = `${middle(index, (one) => one.cpu).toFixed(2)} s CPU, ${(middle(index, (one) => one.memory) / 1e6).toFixed(0)} MB`;
    console.log(`${name.padEnd(30)}${`${rate}, ${cost}`.padStart(52)}   ${budget}`);
  }
}

const ROW = 1_000;

function makeDatabase(): void {
  using database = new Database(at("ledger.db"));
  database.run("CREATE TABLE entries (id INTEGER PRIMARY KEY, at INTEGER, content BLOB)");
  const insert = database.query("INSERT INTO entries (at, content) VALUES (?, ?)");
  database.transaction(() => {
    for (let row = 0; row < bytes / ROW; row += 1)
      insert.run(row, crypto.getRandomValues(new Uint8Array(ROW)));
  })();
}

/** Without the start of a process, which an export has only once. */
async function backup(source: string): Promise<Measured> {
  const script = resolve(import.meta.dir, "sqlite-backup.ts");
  const measured = await measure([script, source], { cwd: directory, env, program: process.execPath });
  return { ...measured, wall: Number(measured.stdout) };
}

async function benchSqlite(): Promise<void> {
  makeDatabase();
  const source = at("ledger.db");
  const sqlite = debianProgram({ package: "sqlite3", program: "sqlite3" });
  await inTurns([
    { name: "our backup alone", budget: "0.9 of sqlite3 .backup", run: () => backup(source) },
    exported("ledger"),
    program("sqlite3 .backup", [sqlite, source, `.backup ${at("peer.db")}`], at("peer.db")),
  ]);
  rmSync(source);
}

/** What redis-cli reads with `--pipe`: keys whose values nothing can make fewer. */
async function fill(cli: string, port: string): Promise<void> {
  const child = Bun.spawn([cli, "-p", port, "--pipe"], { stdin: "pipe", stdout: "ignore" });
  for (let key = 0; key < bytes / ROW; key += 1) {
    const name = `key:${key}`;
    child.stdin.write(`*3\r\n$3\r\nSET\r\n$${name.length}\r\n${name}\r\n$${ROW}\r\n`);
    child.stdin.write(crypto.getRandomValues(new Uint8Array(ROW)));
    child.stdin.write("\r\n");
    if (key % 1_000 === 0) await child.stdin.flush();
  }
  await child.stdin.end();
  if ((await child.exited) !== 0) throw new Error("Redis was not filled");
}

async function benchRedis(port: string): Promise<void> {
  const redis = debianProgram({ suite: "sid", package: "redis-server", program: "redis-server" });
  const cli = debianProgram({ suite: "sid", package: "redis-tools", program: "redis-cli" });
  const own = [
    "--port",
    port,
    "--bind",
    "127.0.0.1",
    "--dir",
    directory,
    "--save",
    "",
    "--repl-diskless-sync-delay",
    "0",
  ];
  const server = Bun.spawn([redis, ...own], { stdout: "ignore" });
  try {
    while (Bun.spawnSync([cli, "-p", port, "ping"]).stdout.toString() !== "PONG\n") await Bun.sleep(20);
    await fill(cli, port);
    await inTurns([
      exported("cache", "0.6 of redis-cli --rdb"),
      program("redis-cli --rdb", [cli, "-p", port, "--rdb", at("peer.rdb")], at("peer.rdb")),
    ]);
  } finally {
    server.kill();
    await server.exited;
  }
}

/** Lines as configuration files have them, 200 to 2,000 bytes each. @returns how many bytes that are */
function makeTree(): number {
  let sum = 0;
  for (let number = 0; number < Number(values.files); number += 1) {
    const folder = at("tree", String(Math.floor(number / 100)));
    if (number % 100 === 0) mkdirSync(folder, { recursive: true });
    const lines = Array.from({ length: 10 + (number % 90) }, () =>
      `timeout = ${Math.random()}\n`.slice(0, 20),
    );
    sum += lines.join("\n").length;
    writeFileSync(join(folder, `${number}.conf`), lines.join("\n"));
  }
  return sum;
}

async function benchFiles(): Promise<void> {
  const size = makeTree();
  // What has changed a moment ago is looked at again by an increment.
  await Bun.sleep(3_000);
  const files = (name: string, budget: string, ...args: readonly string[]): Contender => ({
    name,
    budget,
    run: () =>
      measure(["export", "--plugin", "etc", "-o", at("out"), "--compress", "zstd", ...args], {
        cwd: directory,
        env,
      }),
  });
  const tar = `tar -C ${at("tree")} -cf - . | zstd -3 -q -f -o ${at("peer.zst")}`;
  await inTurns(
    [
      files("contextcore export, files", "1 of tar | zstd -3", "--all"),
      files("… of what has not changed", "3 s, 150 MB", "--since-last"),
      program("tar | zstd -3", ["/bin/sh", "-c", tar], at("peer.zst")),
    ],
    size,
  );
}

function freePort(): string {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  server.stop(true);
  return String(server.port);
}

try {
  const port = freePort();
  mkdirSync(at("home"));
  const off = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
  const own = `  etc: { plugin: files, path: ./tree }\n  ledger: { plugin: sqlite, path: ./ledger.db }\n  cache: { plugin: redis, address: "127.0.0.1:${port}" }\n`;
  writeFileSync(at("contextcore.yaml"), `name: bench\nbackends:\n${off.join("")}${own}`);
  await benchFiles();
  await benchSqlite();
  await benchRedis(port);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** What a dump and a server have beside keys that fit: expired ones, functions, what is damaged, what is newer than we are. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { forge } from "../../snapshot/forge.ts";
import { measure } from "../../support/binary.ts";
import { REDIS_CLI, startRedis } from "../../support/redis.ts";
import { exported, project, restored } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

test("a file is put back whole: a selector of keys is refused, and nothing is written", async () => {
  const full = await startRedis();
  full.cli("SET user:1 a\nSET other:1 b\n");
  const cwd = project(`address: "${full.address}"`);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  await full.stop();
  const file = join(cwd, "dump.rdb");
  const into = ["--set", `backends.redis.file=${file}`];
  const some = await restored(cwd, full, ...into, "--match", "redis=user:*");
  expect([some.exitCode, some.stdout + some.stderr]).toEqual([
    2,
    expect.stringContaining("put back as a file whole"),
  ]);
  expect(existsSync(file)).toBe(false);
  const whole = await restored(cwd, full, ...into);
  expect([whole.exitCode, whole.stderr]).toEqual([0, expect.stringContaining("must not be older")]);
});

test.each(["dump", "keys"])(
  "by %s: keys that have expired since are told, and make nothing partial",
  async (read) => {
    const [full, empty] = [await startRedis(), await startRedis()];
    full.cli("SET lasting a\nSET soon b PX 1500\n");
    const cwd = project(`address: "${full.address}", read: ${read}`);
    expect((await exported(cwd, "--all")).redis.counts).toEqual({ keys: 2 });
    while (full.cli("EXISTS soon\n") === "1\n") await Bun.sleep(50);
    const { exitCode, stdout } = await restored(cwd, empty);
    const [redis] = JSON.parse(stdout).backends;
    expect([exitCode, redis.written, redis.problems]).toEqual([
      0,
      { keys: 1 },
      [expect.objectContaining({ items: ["soon"], reason: expect.stringContaining("have expired") })],
    ]);
    expect(empty.cli("KEYS *\n")).toBe("lasting\n");
    await Promise.all([full.stop(), empty.stop()]);
  },
);

test("functions come back; another library of that name stays, and is named", async () => {
  const [full, other] = [await startRedis(), await startRedis()];
  const load = (result: number): string =>
    `FUNCTION LOAD "#!lua name=mylib\\nredis.register_function('f', function() return ${result} end)"\n`;
  full.cli(`${load(7)}SET a 1\n`);
  const cwd = project(`address: "${full.address}"`);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  const problemsOf = async () => JSON.parse((await restored(cwd, other)).stdout).backends[0].problems;
  expect([await problemsOf(), other.cli("FCALL f 0\n")]).toEqual([[], "7\n"]);
  expect(await problemsOf()).toEqual([]);
  other.cli(`FUNCTION FLUSH\n${load(8)}`);
  expect(await problemsOf()).toEqual([
    expect.objectContaining({ items: ["mylib"], reason: expect.stringContaining("already exists") }),
  ]);
  expect(other.cli("FCALL f 0\n")).toBe("8\n");
  await Promise.all([full.stop(), other.stop()]);
});

test("lines that lie cost themselves, also where the server has such a key", async () => {
  const [full, other] = [await startRedis(), await startRedis()];
  full.cli("SET a 1\nSET b 2\nSET c 3\nSET d 4\nSET e 5\n");
  const cwd = project(`address: "${full.address}", read: keys`);
  const { path } = await exported(cwd, "--all");
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const lies: Record<string, object> = {
    // A set that says it has very many members, and has none.
    [base64("a")]: {
      dump: Buffer.concat([Buffer.from([2, 0x81]), Buffer.alloc(20, 0xff)]).toString("base64"),
    },
    [base64("b")]: { dump: "" },
    [base64("c")]: { database: 99_999 },
    [base64("d")]: { expires: "soon" },
  };
  forge(path, "redis/keys.jsonl", (text) =>
    text.replaceAll(/.+/g, (line) => {
      const saved = JSON.parse(line);
      return JSON.stringify({ ...saved, ...lies[saved.key] });
    }),
  );
  other.cli("SADD a 1\n");
  const { exitCode, stdout } = await restored(cwd, other);
  const { backends, directory } = JSON.parse(stdout);
  expect([exitCode, backends[0].written, backends[0].rejected]).toEqual([3, { keys: 1 }, 4]);
  expect(other.cli("KEYS *\n").trim().split("\n").sort()).toEqual(["a", "e"]);
  expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain("DB index is out of range");
  await Promise.all([full.stop(), other.stop()]);
});

test("a value as large as the memory is counted without being held", async () => {
  const full = await startRedis();
  const bytes = 150_000_000;
  const set = Bun.spawnSync([
    "sh",
    "-c",
    `head -c ${bytes} /dev/urandom | "$0" -p ${full.port} -x SET big`,
    REDIS_CLI,
  ]);
  expect(set.stdout.toString()).toBe("OK\n");
  full.cli("SET after 1\n");
  const cwd = project(`address: "${full.address}"`);
  const { exitCode, stdout, peakBytes } = await measure(["export", "--all", "--json"], { cwd });
  expect([exitCode, JSON.parse(stdout).backends[0].counts]).toEqual([0, { keys: 2 }]);
  expect(peakBytes).toBeLessThan(300_000_000);
  await full.stop();
});

describe("a server that is newer than those we know", () => {
  /** Version 99, a key `k` of this type, its value `v`, no checksum. */
  const dump = (type: number): Buffer<ArrayBuffer> =>
    Buffer.concat([Buffer.from("REDIS0099"), Buffer.from([type, 1, 107, 1, 118, 0xff]), Buffer.alloc(8)]);
  const INFO = "redis_version:99.1.0\r\n";
  const taken: string[] = [];
  let given = dump(0);

  function answer(socket: Socket, text: string): void {
    for (const command of text.match(/PING|INFO|REPLCONF|PSYNC|SELECT|RESTORE/g) ?? []) {
      if (command === "INFO") socket.write(`$${INFO.length}\r\n${INFO}\r\n`);
      else if (command !== "PSYNC") socket.write("+OK\r\n");
      else
        socket.end(
          Buffer.concat([Buffer.from(`+FULLRESYNC ${"0".repeat(40)} 0\r\n$${given.length}\r\n`), given]),
        );
      if (command === "RESTORE") taken.push(text);
    }
  }

  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => answer(socket, data.toString("latin1")));
  });
  const listening = new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => void server.close());
  const address = async (): Promise<string> => {
    await listening;
    const bound = server.address();
    return `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
  };

  test("its dump goes back to it: it is not refused by what we know of older ones", async () => {
    given = dump(0);
    const cwd = project(`address: "${await address()}"`);
    expect((await exported(cwd, "--all")).redis.counts).toEqual({ keys: 1 });
    const { exitCode, stdout } = await restored(cwd, { address: await address() });
    expect([exitCode, JSON.parse(stdout).backends[0].written, taken.length]).toEqual([0, { keys: 1 }, 1]);
  });

  test("values that we do not know are saved all the same, uncounted, and that is told", async () => {
    given = dump(77);
    const { exitCode, redis, path } = await exported(project(`address: "${await address()}"`), "--all");
    expect([exitCode, redis.counts, redis.problems]).toEqual([
      0,
      {},
      [expect.objectContaining({ kind: "lossy", reason: expect.stringContaining("a value of type 77") })],
    ]);
    expect(readFileSync(join(path, "redis/dump.rdb"))).toEqual(given);
  });
});

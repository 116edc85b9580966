/** Real servers saved and put back by the program, with their own client as the second opinion. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { REDIS_KINDS, type RedisServer, startRedis } from "../../support/redis.ts";
import { KEY_COUNT, KEYS } from "./keys.ts";
import { exported, inside, project, restored } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** Everything that a server holds, by a digest of its own that no order and no encoding changes. */
const digestOf = (server: RedisServer): string =>
  ["0", "3", "15"].map((database) => server.cli(`SELECT ${database}\nDBSIZE\n`)).join() +
  server.cli("DEBUG DIGEST\n");

const DEBUG = ["--enable-debug-command", "local"];

describe.each(REDIS_KINDS)("%s", (kind) => {
  test.each(["dump", "keys"])(
    "by %s: saved, proved, put back into an empty one: the same digest",
    async (read) => {
      const [full, empty] = [await startRedis(kind, DEBUG), await startRedis(kind, DEBUG)];
      full.cli(KEYS);
      const cwd = project(`address: "${full.address}", read: ${read}`);
      const { exitCode, redis } = await exported(cwd, "--all");
      expect([exitCode, redis.counts]).toEqual([0, { keys: KEY_COUNT }]);
      expect((await inside(cwd, "verify", "latest")).exitCode).toBe(0);
      const { exitCode: put, stdout } = await restored(cwd, empty);
      expect([put, JSON.parse(stdout).backends[0].written]).toEqual([0, { keys: KEY_COUNT }]);
      expect(digestOf(empty)).toBe(digestOf(full));
      expect(empty.cli("PTTL expiring\n").trim()).toMatch(/^\d{10,}$/);
      const again = JSON.parse((await restored(cwd, empty)).stdout).backends[0];
      expect([again.written, again.existing]).toEqual(
        [{}, { keys: KEY_COUNT }].map((one) => expect.objectContaining(one)),
      );
      await Promise.all([full.stop(), empty.stop()]);
    },
  );

  test("a dump is the file that a server of its kind starts from", async () => {
    const [full, cold] = [await startRedis(kind, DEBUG), await startRedis(kind)];
    full.cli(KEYS);
    const cwd = project(`address: "${full.address}"`);
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
    const file = join(cold.directory, "dump.rdb");
    const into = (): ReturnType<typeof restored> =>
      restored(cwd, cold, "--set", `backends.redis.file=${file}`);
    const running = await into();
    expect([running.exitCode, running.stdout + running.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining("Stop it first"),
    ]);
    expect(existsSync(file)).toBe(false);
    await cold.stop();
    const { exitCode, stderr } = await into();
    expect(exitCode, stderr).toBe(0);
    const warm = await startRedis(kind, DEBUG, cold.directory);
    expect(digestOf(warm)).toBe(digestOf(full));
    await Promise.all([full.stop(), warm.stop()]);
  });
});

test("only the keys that match are put back, from a dump and from lines", async () => {
  const full = await startRedis();
  full.cli("SET user:1 a\nSET user:2 b\nSET user:10 c\nSET other:1 d\n");
  for (const read of ["dump", "keys"]) {
    const empty = await startRedis();
    const cwd = project(`address: "${full.address}", read: ${read}`);
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
    expect((await restored(cwd, empty, "--match", "redis=user:?")).exitCode).toBe(0);
    expect(empty.cli("KEYS *\n").trim().split("\n").sort()).toEqual(["user:1", "user:2"]);
    await empty.stop();
  }
  await full.stop();
});

test("another value under a key stays, and is named; nothing is overwritten", async () => {
  const [full, other] = [await startRedis(), await startRedis()];
  full.cli("SET a 1\nSET b 2\n");
  const cwd = project(`address: "${full.address}"`);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  other.cli("SET a mine\n");
  const { exitCode, stdout } = await restored(cwd, other);
  const { directory, backends } = JSON.parse(stdout);
  expect([exitCode, backends[0].written]).toEqual([3, { keys: 1 }]);
  expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain("another value under this key");
  expect(other.cli("GET a\n")).toBe("mine\n");
  await Promise.all([full.stop(), other.stop()]);
});

test("a dump that an older server cannot read is refused before anything is written", async () => {
  const [newer, older] = [await startRedis("Redis 8"), await startRedis("Redis of this release")];
  newer.cli(KEYS);
  const cwd = project(`address: "${newer.address}"`);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  const { exitCode, stdout, stderr } = await restored(cwd, older);
  expect([exitCode, stdout + stderr]).toEqual([
    1,
    expect.stringMatching(/reads dumps up to version 1\d; this one has version 1\d/),
  ]);
  expect(older.cli("DBSIZE\n")).toBe("0\n");
  await Promise.all([newer.stop(), older.stop()]);
});

describe("who may read", () => {
  test("a password is needed, a wrong one refused, neither is ever shown", async () => {
    const server = await startRedis("Redis 8", ["--requirepass", "s3cret-word"]);
    server.cli("SET a 1\n", "-a", "s3cret-word", "--no-auth-warning");
    const password = (value: string) =>
      exported(project(`address: "${server.address}", password: "${value}"`), "--all");
    const without = await exported(project(`address: "${server.address}"`), "--all");
    expect([without.exitCode, without.text]).toEqual([1, expect.stringContaining("NOAUTH")]);
    const wrong = await password("wr0ng-word");
    expect([wrong.exitCode, wrong.text]).toEqual([1, expect.stringContaining("WRONGPASS")]);
    expect(wrong.text).not.toContain("wr0ng-word");
    const right = await password("s3cret-word");
    expect([right.exitCode, right.redis.counts]).toEqual([0, { keys: 1 }]);
    await server.stop();
  });

  test("a user with the least rights can be saved; one without replication is told to read key by key", async () => {
    const server = await startRedis("Redis 8");
    server.cli(KEYS);
    server.cli(
      "ACL SETUSER backup on >pw ~* -@all +psync +replconf +ping +info\nACL SETUSER reader on >pw ~* -@all +@read +dump +scan +select +ping +info\n",
    );
    const as = (username: string, read: string) =>
      exported(
        project(`address: "${server.address}", username: ${username}, password: pw, read: ${read}`),
        "--all",
      );
    expect((await as("backup", "dump")).redis.counts).toEqual({ keys: KEY_COUNT });
    const refused = await as("reader", "dump");
    expect([refused.exitCode, refused.text]).toEqual([
      3,
      expect.stringMatching(/gives no dump to replicas.*read: keys/),
    ]);
    const { redis } = await as("reader", "keys");
    expect([redis.counts, redis.problems[0].kind, redis.problems[0].reason]).toEqual([
      { keys: KEY_COUNT },
      "lossy",
      expect.stringContaining("not those of one moment"),
    ]);
    await server.stop();
  });
});

describe("a server that misbehaves", () => {
  const FULL = "+FULLRESYNC 0123456789012345678901234567890123456789 0\r\n";
  const INFO = "# Server\r\nredis_version:8.0.0\r\n";
  const dump = Buffer.concat([Buffer.from("REDIS0012"), Buffer.from([0xff])]);

  /** Answers INFO and the handshake as a server does, and PSYNC with these bytes, then closes the connection. */
  async function against(answer: Buffer | string): Promise<Awaited<ReturnType<typeof exported>>> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        for (const command of data.toString("latin1").match(/PING|INFO|REPLCONF|PSYNC/g) ?? []) {
          if (command === "INFO") socket.write(`$${INFO.length}\r\n${INFO}\r\n`);
          else if (command !== "PSYNC") socket.write("+OK\r\n");
          else socket.end(answer);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      return await exported(project(`address: "127.0.0.1:${port}"`), "--all");
    } finally {
      server.close();
    }
  }

  test("a sound dump without a key, with its checksum switched off, is one", async () => {
    const { redis } = await against(
      Buffer.concat([Buffer.from(`${FULL}\n\n$${dump.length + 8}\r\n`), dump, Buffer.alloc(8)]),
    );
    expect([redis.status, redis.counts]).toEqual(["complete", { keys: 0 }]);
  });

  test.each([
    ["ends within the dump", Buffer.concat([Buffer.from(`${FULL}$500\r\n`), dump]), "closed the connection"],
    [
      "sends a wrong checksum",
      Buffer.concat([Buffer.from(`${FULL}$${dump.length + 8}\r\n`), dump, Buffer.from("wrong!!!")]),
      "checksum mismatch",
    ],
    [
      "sends something else",
      Buffer.concat([Buffer.from(`${FULL}$17\r\n`), Buffer.from("this is not it   ")]),
      "begin as one",
    ],
    ["says that it is something else", "HTTP/1.1 400 Bad Request\r\n\r\n", "answered PSYNC with no dump"],
    ["refuses", "-NOPERM no permissions\r\n", "gives no dump to replicas"],
  ])("%s", async (_, answer, words) => {
    const { exitCode, text, redis } = await against(answer);
    expect([exitCode > 0, text]).toEqual([true, expect.stringContaining(words)]);
    expect(redis.counts).toEqual({});
  });
});

test("a server that is not there, and one that is no Redis, are named", async () => {
  const absent = await exported(project('address: "127.0.0.1:1"'), "--all");
  expect([absent.exitCode, absent.text]).toEqual([
    1,
    expect.stringContaining("127.0.0.1:1 cannot be reached"),
  ]);
  using web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
  const wrong = await exported(project(`address: "127.0.0.1:${web.port}"`), "--all");
  expect([wrong.exitCode, wrong.text]).toEqual([
    1,
    expect.stringContaining("does not speak the Redis protocol"),
  ]);
});

test("a server that dies in the middle of its dump leaves nothing that looks like one", async () => {
  const server = await startRedis("Redis 8", ["--rdb-key-save-delay", "2000"]);
  server.cli(KEYS);
  const cwd = project(`address: "${server.address}"`);
  const exporting = exported(cwd, "--all");
  const log = join(server.directory, "log");
  while (!/Background RDB transfer started/.test(readFileSync(log, "utf8"))) await Bun.sleep(10);
  await server.stop("SIGKILL");
  const { exitCode, redis } = await exporting;
  expect([exitCode > 0, redis.counts, redis.bytes]).toEqual([true, {}, 0]);
});

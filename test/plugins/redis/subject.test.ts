/** One person's keys: found by pattern, erased from real servers and their files on disk, and taken out of dumps. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import redis from "../../../plugins/redis/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import type { Backend, Found, StoredData } from "../../../src/contract/contract.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { REDIS_KINDS, type RedisServer, startRedis } from "../../support/redis.ts";
import { KEYS } from "./keys.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const backendFor = (server: Pick<RedisServer, "address">, more: object = {}): Backend =>
  redis.backend?.(createTestContext(redis, { options: { address: server.address, ...more } })) as Backend;

const find = (backend: Backend, id: string, where: string): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where }, NEVER) ?? []);

const keysIn = (found: readonly Found[]): string[] =>
  found
    .flatMap(({ reference }) => (reference as { readonly keys: readonly string[] }).keys)
    .map((key) => Buffer.from(key, "base64").toString())
    .sort();

const PEOPLE = `SET user:12:cart tea
SET user:12 Ann
SET user:123:cart cup
SET user:112:cart pot
SET user:12:34:cart x
SET xuser:12:cart x
SET "user:a*c:cart" x
SET "user:abc:cart" x
SET "user:[12]:cart" x
SET "sessions/ann@example.com" x
SET "sessions/joann@example.com" x
SELECT 3
SET user:12:visits 7
`;

test("keys are that person's and nobody else's, in every database", async () => {
  const server = await startRedis();
  server.cli(PEOPLE);
  const backend = backendFor(server);
  const cases = [
    ["12", "user:{id}:*", ["user:12:34:cart", "user:12:cart", "user:12:visits"]],
    ["12", "user:{id}*", ["user:12", "user:12:34:cart", "user:12:cart", "user:12:visits"]],
    ["12", "user:{id}", ["user:12"]],
    ["a*c", "user:{id}:cart", ["user:a*c:cart"]],
    ["[12]", "user:{id}:cart", ["user:[12]:cart"]],
    ["ann@example.com", "*{id}", ["sessions/ann@example.com"]],
    ["34", "user:{id}:*", []],
  ] as const;
  for (const [id, where, keys] of cases) {
    const found = await find(backend, id, where);
    expect([id, where, keysIn(found)]).toEqual([id, where, [...keys]]);
    expect(found.map(({ where: said }) => said).join()).not.toContain(id === "12" ? "12" : id);
  }
  expect(find(backend, "*", "user:{id}:*")).rejects.toThrow("without a letter or a digit");
  expect(find(backend, "12", "user:*")).rejects.toThrow("says nothing of {id}");
  await server.stop();
});

const ON_DISK = ["--appendonly", "yes", "--appendfsync", "always"];

test.each(REDIS_KINDS)("%s: they are gone from its memory, its log and its dump on disk", async (kind) => {
  const server = await startRedis(kind, ON_DISK);
  server.cli('SET user:zanzibar-12:cart "private tea"\nSET user:123:cart cup\nSAVE\n');
  server.cli('SELECT 3\nSET user:zanzibar-12:visits "private 7"\n');
  expect(isOnDisk(server, "zanzibar-12")).toBe(true);
  const backend = backendFor(server);
  const found = await find(backend, "zanzibar-12", "user:{id}:*");
  const answer = await backend.erase?.({ id: "zanzibar-12", found }, NEVER);
  expect(answer?.outcomes).toEqual([
    { state: "erased", count: 1 },
    { state: "erased", count: 1 },
  ]);
  expect(server.cli("KEYS *\n").trim()).toBe("user:123:cart");
  expect([isOnDisk(server, "zanzibar-12"), isOnDisk(server, "private")]).toEqual([false, false]);
  expect((await backend.erase?.({ id: "zanzibar-12", found }, NEVER))?.outcomes[0]?.state).toBe("erased");
  await server.stop();
});

/** Whether one of a server's files has a text in it. */
function isOnDisk({ directory }: RedisServer, text: string): boolean {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => name !== "log")
    .map((name) => join(directory, name))
    .some((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test("a user who may not have the files written anew is told so, and it is owed", async () => {
  const server = await startRedis("Redis 8", ON_DISK);
  server.cli(`SET user:12:cart tea\nACL SETUSER eraser on >secret ~* +@read +@write +info +select +ping\n`);
  const backend = backendFor(server, { username: "eraser", password: "secret" });
  const found = await find(backend, "12", "user:{id}:*");
  const [outcome] = (await backend.erase?.({ id: "12", found }, NEVER))?.outcomes ?? [];
  expect([outcome?.state, outcome?.reason]).toEqual([
    "owed",
    expect.stringContaining("BGREWRITEAOF (NOPERM)"),
  ]);
  expect(server.cli("KEYS *\n").trim()).toBe("");
  await server.stop();
});

test("a user who may not remove keys is told so, and they stay", async () => {
  const server = await startRedis();
  server.cli("SET user:12:cart tea\nACL SETUSER reader on >secret ~* +@read +info +select +ping +scan\n");
  const backend = backendFor(server, { username: "reader", password: "secret" });
  const found = await find(backend, "12", "user:{id}:*");
  const [outcome] = (await backend.erase?.({ id: "12", found }, NEVER))?.outcomes ?? [];
  expect([outcome?.state, outcome?.reason]).toEqual(["impossible", expect.stringContaining("NOPERM")]);
  expect(outcome?.reason).not.toContain("12");
  expect(server.cli("KEYS *\n").trim()).toBe("user:12:cart");
  await server.stop();
});

test("a master of a cluster removes keys of many slots", async () => {
  const server = await startRedis("Redis 8", ["--cluster-enabled", "yes", "--save", "60 1000"]);
  server.cli("CLUSTER ADDSLOTSRANGE 0 16383\n");
  for (const began = Date.now(); !server.cli("SET user:123:a x\n").includes("OK"); await Bun.sleep(50))
    if (Date.now() - began > 30_000) throw new Error(server.cli("CLUSTER INFO\n"));
  server.cli("SET user:12:a x\nSET user:12:b x\nSET user:12:c x\n");
  const backend = backendFor(server);
  const found = await find(backend, "12", "user:{id}:*");
  const outcomes = (await backend.erase?.({ id: "12", found }, NEVER))?.outcomes ?? [];
  expect(outcomes).toEqual([{ state: "erased", count: 3 }]);
  expect(server.cli("KEYS *\n").trim()).toBe("user:123:a");
  await server.stop();
});

async function dumped(server: RedisServer): Promise<string> {
  server.cli("SAVE\n");
  const path = join(temporaryDirectory(), "dump.rdb");
  writeFileSync(path, readFileSync(join(server.directory, "dump.rdb")));
  return path;
}

const digestOf = (server: RedisServer): string => server.cli("DEBUG DIGEST\n");
const DEBUG = ["--enable-debug-command", "local"];

test.each(REDIS_KINDS)("%s: a dump without them is the one of a server that never had them", async (kind) => {
  const full = await startRedis(kind, DEBUG);
  full.cli(`${KEYS}\nSELECT 3\nSET user:77:cart "private tea" EX 100000\nHSET user:7:bag a 1 b 2\n`);
  const path = await dumped(full);
  const stored = backendFor(full).stored as StoredData;
  const file = { file: "redis/dump.rdb", path };
  const all = await Array.fromAsync(stored.records(file, NEVER));
  expect(all).toHaveLength(525);
  const request = { id: "77", where: "user:{id}*" };
  const found = await Array.fromAsync(stored.find(file, request, NEVER));
  expect(found.map(({ content }) => JSON.parse(content).key).sort()).toEqual(["user:77", "user:77:cart"]);
  const references = found.map(({ reference }) => reference);
  expect(await stored.erase(file, references, NEVER)).toEqual({ counts: { keys: 2 } });
  expect(readFileSync(path).includes("private tea")).toBe(false);
  expect(await Array.fromAsync(stored.find(file, request, NEVER))).toEqual([]);
  const gone = new Set(found.map(({ content }) => content));
  expect(await Array.fromAsync(stored.records(file, NEVER))).toEqual(
    all.filter(({ content }) => !gone.has(content)),
  );
  full.cli("SELECT 0\nDEL user:77\nSELECT 3\nDEL user:77:cart\n");
  const other = temporaryDirectory();
  writeFileSync(join(other, "dump.rdb"), readFileSync(path));
  const warm = await startRedis(kind, DEBUG, other);
  expect(digestOf(warm)).toBe(digestOf(full));
  expect(readdirSync(join(path, ".."))).toEqual(["dump.rdb"]);
  await Promise.all([full.stop(), warm.stop()]);
});

test("a dump that is cut short is refused, and stays", async () => {
  const server = await startRedis();
  server.cli("SET user:12 x\nSET user:13 y\n");
  const path = await dumped(server);
  const bytes = readFileSync(path).subarray(0, -12);
  writeFileSync(path, bytes);
  const stored = backendFor(server).stored as StoredData;
  const erasing = stored.erase(
    { file: "redis/dump.rdb", path },
    [{ database: 0, key: Buffer.from("user:12").toString("base64") }],
    NEVER,
  );
  expect(erasing).rejects.toMatchObject({ kind: "invalid" });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  await server.stop();
});

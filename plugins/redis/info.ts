/** What a server says of itself. https://redis.io/docs/latest/commands/info/ */
import type { Connection } from "./connection.ts";

/** The members of `INFO`, by name. */
export type Info = ReadonlyMap<string, string>;

/** Asks for it. @throws PluginError */
export async function infoOf({ call }: Connection): Promise<Info> {
  const text = String(await call("INFO"));
  const lines = text.split(/\r?\n/).filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

/** `Redis 8.0.6`, `Valkey 9.1.2`. */
export function versionOf(info: Info): string | undefined {
  const valkey = info.get("valkey_version");
  const redis = info.get("redis_version");
  if (valkey !== undefined) return `Valkey ${valkey}`;
  return redis === undefined ? undefined : `Redis ${redis}`;
}

/** A database that has keys. */
interface Keyspace {
  readonly database: number;
  readonly keys: number;
  /** How many of them expire. */
  readonly expiring: number;
}

/** Those that have keys. */
export const keyspacesIn = (info: Info): Keyspace[] =>
  [...info].flatMap(([name, text]) => {
    const database = /^db(\d+)$/.exec(name)?.[1];
    if (database === undefined) return [];
    const number = (member: string): number =>
      Number(new RegExp(`(?:^|,)${member}=(\\d+)`).exec(text)?.[1] ?? 0);
    return [{ database: Number(database), keys: number("keys"), expiring: number("expires") }];
  });

/** Servers whose dumps have these versions, newest first: https://github.com/redis/redis/blob/unstable/src/rdb.h */
const READS: readonly (readonly [product: RegExp, version: number, reads: number | undefined])[] = [
  // What a server that is newer than those we know reads, it says itself, key by key.
  [/^Valkey/, 9.2, undefined],
  [/^Redis/, 8.1, undefined],
  [/^Valkey/, 9, 80],
  [/^Valkey/, 0, 11],
  [/^Redis/, 7.4, 12],
  [/^Redis/, 7.2, 11],
  [/^Redis/, 7, 10],
  [/^Redis/, 5, 9],
  [/^Redis/, 0, 8],
];

/** The newest version of a dump that a server reads; `undefined` when we do not know. */
export function readsDumps(server: string | undefined): number | undefined {
  const [product = "", number = ""] = server?.split(" ") ?? [];
  const [major = 0, minor = 0] = number.split(".").map(Number);
  const version = major + minor / 10;
  return READS.find(([name, least]) => name.test(product) && version >= least)?.[2];
}

/** Dumps of Redis after 7.2 and of Valkey from 9 on are no longer each other's. */
export const isForeign = (dump: number, reads: number): boolean =>
  dump > reads || (reads >= 80 && dump > 11 && dump < 80);

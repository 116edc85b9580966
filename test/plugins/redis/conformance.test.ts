/** The rules that every backend is held to, run on this one: by a dump, and key by key. */
import { afterAll, describe } from "bun:test";
import redis from "../../../plugins/redis/index.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../../support/conformance.ts";
import { startRedis } from "../../support/redis.ts";
import { KEYS } from "./keys.ts";

const full = await startRedis("Redis 8");
const empties = await Promise.all([startRedis("Redis 8"), startRedis("Redis 8")]);
full.cli(KEYS);
afterAll(() => Promise.all([full, ...empties].map((server) => server.stop())));

const RANGES = ["export-within-range", "count-within-range", "restore-within-range"];
const waived = (read: string) => [
  "limits",
  "count-split-is-whole",
  "counts-agree",
  ...(read === "dump" ? RANGES : ["count-within-range"]),
  ...MATCH_RULES,
  ...SERVER_RULES.filter((name) => name !== "no-secret-told"),
  "expire-old",
];

for (const [n, read] of (["dump", "keys"] as const).entries())
  describe(read, () =>
    testBackend({
      declaration: redis,
      options: { address: full.address, read },
      empty: { address: empties[n]?.address, read },
      // What the first erases, the second has not.
      subject: { id: `${47 + n}`, where: "user:{id}" },
      range: { from: 0n, to: 1_000n },
      waived: waived(read),
    }),
  );

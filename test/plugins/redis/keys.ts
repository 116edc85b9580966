/** Keys of every type and of every encoding that a server has for them, as commands. */
const many = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join("\n");

/** How many keys {@link KEYS} makes. */
export const KEY_COUNT = 523;

/** Commands for `redis-cli`. */
export const KEYS = `
${many(500, (n) => `SET user:${n} "value ${n}"`)}
SET number 12345
SET negative -70000
SET large 9007199254740993
SET "weird \\xff\\x00\\r\\n key" "\\x00\\x01\\xfe"
SET "${"repeated ".repeat(60)}" "${"compressible ".repeat(400)}"
SET expiring soon EX 100000
PEXPIREAT expiring 4102444800123
${many(3, (n) => `RPUSH list:small ${n}`)}
${many(200, (n) => `RPUSH list:large "element ${n} ${"x".repeat(n * 3)}"`)}
${many(5, (n) => `SADD set:integers ${n * 1000}`)}
${many(5, (n) => `SADD set:small member${n}`)}
${many(600, (n) => `SADD set:large member${n}`)}
${many(5, (n) => `ZADD zset:small ${n}.5 member${n}`)}
${many(300, (n) => `ZADD zset:large ${n / 3} member${n}`)}
ZADD zset:infinite inf a -inf b
${many(5, (n) => `HSET hash:small field${n} ${n}`)}
${many(600, (n) => `HSET hash:large field${n} "${"v".repeat(n % 90)}"`)}
${many(300, (n) => `XADD stream ${n + 1}-1 field "value ${n}"`)}
XGROUP CREATE stream group 0
XREADGROUP GROUP group consumer COUNT 7 STREAMS stream >
PFADD hyperloglog a b c d
SETBIT bits 100000 1
GEOADD places 13.361389 38.115556 Palermo
SELECT 3
SET in-another-database yes
HSET also f v
SELECT 15
SET last 1
`;

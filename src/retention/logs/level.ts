/** Which levels the lines of a log have, found among its bytes as they come. What is not sure counts: a file then stays longer. */
import { LEVELS, type Level } from "../../config/logs.ts";

/** Looks at one file, piece by piece. */
interface LevelScan {
  add(bytes: Uint8Array): void;
  /** So far; empty: no line says any. */
  found(): ReadonlySet<Level>;
}

/** As people and programs write them; the numbers are those of pino and bunyan. */
const WORDS: Readonly<Record<Level, string>> = {
  debug: "debug|trace|verbose|10|20",
  info: "info|information|notice|30",
  warning: "warn|warning|40",
  error: "err|error|crit|critical|fatal|panic|alert|emerg|emergency|severe|50|60",
};
/** How klog and glog begin a line. */
const LETTER: Readonly<Record<Level, string>> = { debug: "D", info: "I", warning: "W", error: "[EF]" };

const NAMED = String.raw`(?:level|lvl|severity|loglevel|levelname|priority)["']?\s{0,4}[:=]\s{0,4}["']?`;

/** `level=error`, `"severity": "ERROR"`; `ERROR` in capitals; `[error]`; `E0124 14:30:00`. */
const PATTERNS = LEVELS.map((level): readonly [Level, readonly RegExp[]] => {
  const words = WORDS[level].replaceAll(/\|\d+/g, "");
  return [
    level,
    [
      new RegExp(`${NAMED}(?:${WORDS[level]})(?![a-z0-9])`, "i"),
      new RegExp(`(?<![A-Za-z0-9_])(?:${words.toUpperCase()})(?![A-Za-z0-9_])`),
      new RegExp(`[[<(](?:${words})[\\]>)]`, "i"),
      new RegExp(`^${LETTER[level]}\\d{4} \\d\\d:`, "m"),
    ],
  ];
});

/** Longer than anything that says a level. */
const OVERLAP = 64;

/** Begins with nothing. */
export function scanLevels(): LevelScan {
  const found = new Set<Level>();
  let rest = "";
  return {
    add(bytes) {
      const text = rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
      rest = text.slice(-OVERLAP);
      for (const [level, patterns] of PATTERNS)
        if (!found.has(level) && patterns.some((pattern) => pattern.test(text))) found.add(level);
    },
    found: () => found,
  };
}

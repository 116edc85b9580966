import { expect, test } from "bun:test";
import { scanLevels } from "../../../src/retention/logs/level.ts";

const levelsIn = (...pieces: readonly string[]): string[] => {
  const scan = scanLevels();
  for (const piece of pieces) scan.add(Buffer.from(piece));
  return [...scan.found()].sort();
};

test.each([
  ['{"level":"error","msg":"no"}', ["error"]],
  ['{"severity": "WARNING", "message": "error rate is fine"}', ["warning"]],
  ['{"level":50,"msg":"pino"}', ["error"]],
  ['{"level":30,"msg":"pino"}', ["info"]],
  ["time=now level=debug msg=x", ["debug"]],
  ["2026-01-24 14:30:00 ERROR com.shop.App - no", ["error"]],
  ["2026/01/24 14:30:00 [error] 12#12: *1 no", ["error"]],
  ["E0124 14:30:00.000000 1 main.go:1] no", ["error"]],
  ["I0124 14:30:00.000000 1 main.go:1] yes", ["info"]],
  ["WARN: disk is nearly full", ["warning"]],
  ["TRACE entering", ["debug"]],
  ['10.0.0.1 - - [24/Jan/2026:14:30:00 +0000] "GET /error HTTP/1.1" 200 5', []],
  ["INFORMED and errors", []],
  ['{"level":500}', []],
])("%s", (line, levels) => expect(levelsIn(`${line}\n`)).toEqual(levels));

test("all levels of a file count, wherever a piece ends", () => {
  const text = `${"INFO a\n".repeat(50)}x {"level":"error"} y\n`;
  for (let at = text.length - 30; at < text.length; at += 1)
    expect(levelsIn(text.slice(0, at), text.slice(at))).toEqual(["error", "info"]);
});

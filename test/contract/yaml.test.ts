/** YAML is read by the runtime where that gives the same, and otherwise by the reader that gives it. */
import { expect, test } from "bun:test";
import { PluginError, parseYaml } from "contextcore";
import { parse } from "yaml";
import recordings from "../recordings/loki.json";

const TEXTS = [
  ...[
    "yes",
    "on",
    "0o14",
    "014",
    "0x1F",
    "1_000",
    ".5",
    "1e3",
    "~",
    "null",
    "2026-01-24",
    "10m",
    "+5",
    "TRUE",
    "1:30",
    "",
  ],
  ...[
    "'it''s'",
    '"\\u00e9\\n"',
    "|\n  x\n  y\n",
    ">\n  x\n\n  z\n",
    "!!str 1",
    "[1",
    "# c",
    "12345678901234567890",
  ],
]
  .map((value) => `a: ${value}`)
  .concat([
    "a: &x {c: 1}\nb:\n  <<: *x\n  d: *x",
    "---\na: 1\n---\nb: 2",
    "a: 1\na: 1",
    "a: b: c",
    "\ta: 1",
    "- 1\n- [2, {b: 3}]",
  ]);

const read = (parseOne: () => unknown): unknown => {
  try {
    return parseOne();
  } catch {
    return "refused";
  }
};

test.each(TEXTS)("%j is read as it always was", (text) => {
  expect(read(() => parseYaml(text))).toEqual(read(() => parse(text, { logLevel: "silent" })));
});

const config = recordings.exchanges
  .map(({ response }) => response.body)
  .flatMap((body) => ("text" in body && typeof body.text === "string" ? [body.text] : []))
  .find((text) => text.startsWith("target: all"));

test("a server's whole configuration is read as it always was, in a fraction of the time", () => {
  if (config === undefined) throw new Error("the recording has no configuration");
  expect(parseYaml(config)).toEqual(parse(config, { logLevel: "silent" }));
  const timed = (work: () => unknown): number => {
    const began = performance.now();
    for (let time = 0; time < 3; time += 1) work();
    return performance.now() - began;
  };
  expect(timed(() => parseYaml(config))).toBeLessThan(timed(() => parse(config)) / 2);
});

test("aliases that multiply, and levels without end, are refused in no time", () => {
  const bomb = Array.from({ length: 30 }, (_, at) =>
    at === 0
      ? "a0: &a0 [x, x]"
      : `a${at}: &a${at} [${Array(9)
          .fill(`*a${at - 1}`)
          .join(",")}]`,
  ).join("\n");
  for (const text of [bomb, "[".repeat(100_000)])
    expect(() => parseYaml(text), text.slice(0, 40)).toThrow(PluginError);
});

/** Each form of each rule refuses its example, leaves what resembles it, and is in no hurry for any text. */
import { expect, test } from "bun:test";
import { judgeCommand } from "../../src/destroy/policy/judge.ts";
import { POLICY_RULES } from "../../src/destroy/policy/rules.ts";
import { commandsIn, plainText } from "../../src/destroy/policy/unwrap.ts";

const FORMS = POLICY_RULES.flatMap(({ id, forms }) => forms.map((form) => [id, form.example, form] as const));

test.each(FORMS)("%s: %s", (rule, example, { pattern, unlike }) => {
  const isIn = (text: string) =>
    commandsIn(["sh", "-c", text]).some((words) => pattern.test(plainText(words)));
  expect(judgeCommand(["sh", "-c", example])).toMatchObject({ may: "not", rule });
  expect([isIn(example), isIn(unlike)]).toEqual([true, false]);
  expect(judgeCommand(["sh", "-c", unlike])).toEqual({ may: "run" });
});

test("each rule has a name of its own", () => {
  expect(new Set(POLICY_RULES.map(({ id }) => id)).size).toBe(POLICY_RULES.length);
});

/** What a stall is made of: an example, broken off anywhere, or one word of it, again and again, to the longest that is looked at. */
test.each(FORMS)("%s: %s: no text takes long", (_, example, { pattern }) => {
  const [plain = ""] = commandsIn(["sh", "-c", example])
    .map(plainText)
    .filter((text) => pattern.test(text));
  const [program = "", ...words] = plain.split(" ");
  const pieces = [
    plain,
    `${plain} `,
    ...words,
    ...words.map((word) => `${word} `),
    ...words.map((word) => `${word} -a `),
  ];
  for (const piece of [...pieces, plain.slice(0, plain.length / 2)]) {
    const text = `${program} ${piece.repeat(20_000 / (piece.length + 1))}`;
    const before = performance.now();
    pattern.test(text);
    pattern.test(`${text}\n`);
    expect(performance.now() - before, piece).toBeLessThan(1_000);
  }
});

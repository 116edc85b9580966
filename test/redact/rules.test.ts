/** Each rule takes what its example says, leaves what only resembles it, and is in no hurry for any text. */
import { expect, test } from "bun:test";
import { BLOT, ERROR_RULES, formsBlotted } from "../../src/redact/rules.ts";

test.each(ERROR_RULES.map((rule) => [rule.id, rule] as const))(
  "%s",
  (_, { example, secret, unlike, ...rule }) => {
    const lower = example.toLowerCase();
    expect(rule.keywords.some((keyword) => lower.includes(keyword))).toBe(true);
    expect(rule.keywords).toEqual(rule.keywords.map((keyword) => keyword.toLowerCase()));
    expect(example).toContain(secret);
    const clean = formsBlotted(example, ERROR_RULES);
    expect(clean).not.toContain(secret);
    expect(clean).toContain(BLOT);
    expect(example.replace(rule.pattern, "")).not.toContain(secret);
    expect(formsBlotted(unlike, ERROR_RULES)).toBe(unlike);
  },
);

test("each rule has a name of its own", () => {
  expect(new Set(ERROR_RULES.map(({ id }) => id)).size).toBe(ERROR_RULES.length);
});

/** What a stall is made of: a rule's beginning, again and again, whole or broken off at any place. µs of this process. */
test.each(ERROR_RULES.map((rule) => [rule.id, rule] as const))(
  "%s takes no longer than the text is",
  (_, rule) => {
    for (const length of [4, 12, Math.ceil(rule.example.length / 2), rule.example.length]) {
      const text = rule.example.slice(0, length).repeat(20_000);
      const before = process.cpuUsage();
      text.replace(rule.pattern, BLOT);
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
    }
  },
);

test("the same rules hold for errors of servers", () => {
  expect(formsBlotted("GET http://ada:Zx9-s3cr3t@loki/ failed with glsa_9f86d081884c")).toBe(
    "GET http://ada:***@loki/ failed with ***",
  );
});

/** What of a run is kept: names and ids too are no place for secrets, and a cut lets none slip through. */
import { expect, test } from "bun:test";
import { type KeptContent, kept } from "../../src/activity/content/keep.ts";
import type { Message } from "../../src/activity/format/run.ts";
import { streamed } from "./stream/answers.ts";

const SECRET = `sk-ant-api03-${"Zx9s3cr3tQ7".repeat(8)}`;
const MOST = 4 << 20;

const text = (said: string): Message[] => [{ role: "assistant", parts: [{ type: "text", text: said }] }];
const textOf = ([message]: readonly Message[]): string => {
  const [part] = message?.parts ?? [];
  return part?.type === "text" ? part.text : "";
};

test.each<KeptContent>(["none", "redacted"])(
  "with %s, names and ids of tools are short and without secrets",
  (content) => {
    const said = `${SECRET}\0${"x".repeat(1 << 20)}`;
    const input: Message[] = [
      { role: "tool", parts: [{ type: "tool_call_response", id: said, response: "a cat" }] },
    ];
    const output: Message[] = [
      { role: "assistant", parts: [{ type: "tool_call", id: said, name: said, arguments: { at: 1 } }] },
    ];
    const all = kept({ input, output }, content);
    const [call] = all.calls;
    const written = JSON.stringify(all);
    expect(written).not.toContain(SECRET);
    expect(written).not.toContain("\\u0000");
    expect(written.length).toBeLessThan(6_000);
    expect(all.redactions).toBeGreaterThan(0);
    expect(all.answers[0]?.id).toBe(call?.id as string);
    expect("arguments" in (call ?? {})).toBe(content === "redacted");
  },
);

test("a secret across the cut of a stream is recognised as a whole", () => {
  const before = `${"word ".repeat(MOST / 5)} `.slice(0, MOST - 12);
  const chunk = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
  const { output, cutBytes } = streamed("/chat/completions", [
    chunk(`${before} `),
    chunk(SECRET),
    chunk(` ${"more ".repeat(100_000)}`),
  ]);
  const all = kept({ input: [], output }, "redacted");
  expect(textOf(all.output)).not.toContain("sk-ant");
  expect(all.redactions).toBe(1);
  expect(cutBytes + all.cutBytes).toBeGreaterThan(450_000);
});

test("what is left out is counted, also where blotting makes a text shorter, and half a secret is not kept", () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${"Zx9s3cr3tQ7b".repeat(250)}\n-----END RSA PRIVATE KEY-----\n`;
  const [most, looked] = [8_000, 8_000 + 16_384];
  const before = `${key.repeat(7)}${"word ".repeat(1_000)}`.slice(0, looked - 7);
  const all = kept({ input: [], output: text(`${before} ${SECRET}`) }, "redacted", most);
  expect(all.cutBytes).toBeGreaterThan(SECRET.length - 7);
  expect(textOf(all.output)).not.toContain("sk-");
  expect(textOf(all.output)).not.toContain("Zx9s3cr3tQ7b");
});

/** A sink that is right passes, and every rule catches the one that breaks it. */
import { describe, expect, test } from "bun:test";
import type { CheckTarget } from "../../src/conformance/subject.ts";
import { v } from "../../src/contract/contextcore.ts";
import type { AuditRecord } from "../../src/contract/contract.ts";

import { verdicts } from "./verdicts.ts";

describe("a sink", () => {
  const sink = (deliver: (event: AuditRecord, lines: string[]) => void) => {
    const lines: string[] = [];
    const declaration = {
      name: "acme/memory",
      about: "Keeps events in memory",
      options: v.object({}),
      sink: () => ({
        probe: async () => undefined,
        deliver: async (event: AuditRecord) => deliver(event, lines),
        history: async ({ project, limit }: { project: string; limit: number }) =>
          lines
            .map((line) => JSON.parse(line))
            .filter((event) => event.project === project)
            .map(({ hash }) => hash)
            .slice(-limit),
      }),
    };
    return {
      declaration,
      origin: "third-party",
      face: "sink",
      options: {},
      stepsMax: 500,
      arrived: async () => lines,
    } as const satisfies CheckTarget;
  };

  test("that is right passes; rules about servers are waived", async () => {
    const found = await verdicts(sink(({ line }, lines) => void lines.push(line)));
    expect(found.filter(([, verdict]) => verdict.startsWith("failed"))).toEqual([]);
    expect(found.filter(([, verdict]) => verdict === "passed").map(([name]) => name)).toEqual([
      "options-described",
      "options-have-defaults",
      "secrets-declared",
      "probe-writes-nothing",
      "delivered-as-it-is",
      "same-event-twice",
      "history-is-a-witness",
      "cancelled-within-a-second",
    ]);
  });

  test.each([
    [
      "delivered-as-it-is",
      "that changes a line",
      ({ line }: AuditRecord, lines: string[]) => void lines.push(line.normalize("NFD")),
      "changed on the way",
    ],
    [
      "delivered-as-it-is",
      "that drops events",
      () => undefined,
      "5 events were delivered, and 0 have arrived",
    ],
    [
      "same-event-twice",
      "that refuses the second",
      ({ line }: AuditRecord, lines: string[]) => {
        if (lines.includes(line)) throw new Error("again?");
        lines.push(line);
      },
      "again?",
    ],
    [
      "history-is-a-witness",
      "that forgets the order",
      ({ line }: AuditRecord, lines: string[]) => void lines.unshift(line),
      "newest last",
    ],
  ])("%s catches one %s", async (rule, _, deliver, message) => {
    expect(await verdicts(sink(deliver), [rule])).toEqual([[rule, expect.stringContaining(message)]]);
  });
});

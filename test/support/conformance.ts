/** The conformance suite as tests. */
import { afterAll, describe, expect, test } from "bun:test";
import { type Check, runCheck } from "../../src/conformance/check.ts";
import { faultRules } from "../../src/conformance/fault-rules.ts";
import { matchRules } from "../../src/conformance/match-rules.ts";
import { patienceRules } from "../../src/conformance/patience-rules.ts";
import { secretRules } from "../../src/conformance/secret-rules.ts";
import { type CheckTarget, openSubject, type Subject } from "../../src/conformance/subject.ts";
import { backendSuite, sinkSuite, storeSuite } from "../../src/conformance/suite.ts";

/** The rules about a server: a backend that has none waives them, in this order. */
export const SERVER_RULES: readonly string[] = [...faultRules, ...patienceRules, ...secretRules]
  .map(({ name }) => name)
  .filter((name) => name !== "cancelled-within-a-second");

/** The same for a sink. */
export const SINK_SERVER_RULES: readonly string[] = SERVER_RULES.filter((name) =>
  sinkSuite.some((rule) => rule.name === name),
);

/** The same for a store. */
export const STORE_SERVER_RULES: readonly string[] = SERVER_RULES.filter((name) =>
  storeSuite.some((rule) => rule.name === name),
);

/** The rules about selectors: a backend that heeds none waives them, in this order. */
export const MATCH_RULES: readonly string[] = matchRules.map(({ name }) => name);

export interface Expectations {
  /** The rules that do not apply, all of them: one that comes or goes is a failure. */
  readonly waived?: readonly string[];
}

/** A built-in plugin unless it is said to be a third party's. */
type Given = Omit<CheckTarget, "origin" | "face"> & Partial<Pick<CheckTarget, "origin">> & Expectations;

/** Every rule for a backend as a test. */
export const testBackend = (given: Given): void => testSuite("backend", backendSuite, given);

/** Every rule for a sink as a test; of a plugin that is both, only its sink is looked at. */
export const testSink = (given: Given): void => testSuite("sink", sinkSuite, given);

/** Every rule for a store as a test. */
export const testStore = (given: Given): void => testSuite("store", storeSuite, given);

/** Rules that do a thousand things take their time where cores are shared. ms */
const PATIENT_MS = 600_000;

function testSuite(
  face: CheckTarget["face"],
  suite: readonly Check<Subject>[],
  { waived = [], ...target }: Given,
): void {
  describe(`the ${face}'s contract`, () => {
    const subject = openSubject({ origin: "built-in", ...target, face });
    afterAll(() => subject.stop());
    const found: string[] = [];
    for (const check of suite) {
      test(
        `${check.name}: ${check.why}`,
        async () => {
          const { verdict } = await runCheck(check, subject, PATIENT_MS);
          if (verdict.kind === "failed") throw verdict.error;
          if (verdict.kind === "waived") found.push(check.name);
        },
        PATIENT_MS,
      );
    }
    test("no other rules are waived than is known", () => expect(found).toEqual([...waived]));
  });
}

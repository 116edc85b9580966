/** What the suite says of a plugin. */
import { runCheck } from "../../src/conformance/check.ts";
import { type CheckTarget, openSubject } from "../../src/conformance/subject.ts";
import { backendSuite, sinkSuite } from "../../src/conformance/suite.ts";

/** The verdicts of the rules with these names; of all. */
export async function verdicts(given: CheckTarget, names?: readonly string[]) {
  const subject = openSubject(given);
  try {
    const suite = given.face === "sink" ? sinkSuite : backendSuite;
    const found: [string, string][] = [];
    for (const check of suite.filter(({ name }) => names?.includes(name) ?? true)) {
      const { verdict } = await runCheck(check, subject);
      const shown = verdict.kind === "failed" ? `failed: ${verdict.error.message}` : verdict.kind;
      found.push([check.name, shown]);
    }
    return found;
  } finally {
    await subject.stop();
  }
}

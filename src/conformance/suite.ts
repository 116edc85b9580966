/**
 * The conformance suite: what a plugin must hold to, as code. The built-in plugins pass it in this project's tests,
 * everybody else's through `contextcore plugin check`.
 */
import type { Check } from "./check.ts";
import { declarationRules } from "./declaration-rules.ts";
import { erasureRules } from "./erasure-rules.ts";
import { exportRules } from "./export-rules.ts";
import { faultRules } from "./fault-rules.ts";
import { lookRules } from "./look-rules.ts";
import { patienceRules } from "./patience-rules.ts";
import { restoreRules } from "./restore-rules.ts";
import { secretRules } from "./secret-rules.ts";
import { sinkRules } from "./sink-rules.ts";
import { storeRules } from "./store-rules.ts";
import type { Subject } from "./subject.ts";

const serverRules = [...faultRules, ...patienceRules, ...secretRules];

/** In the order in which they make sense to read: what it says of itself, what it brings, how it fails. */
export const backendSuite: readonly Check<Subject>[] = [
  ...declarationRules,
  ...lookRules,
  ...exportRules,
  ...serverRules,
  ...restoreRules,
  ...erasureRules,
];

/** Those of the server that are not about an export. */
const plainServerRules = serverRules.filter(
  ({ name }) => name !== "flaky-server" && name !== "repeating-server",
);

export const sinkSuite: readonly Check<Subject>[] = [...declarationRules, ...sinkRules, ...plainServerRules];

export const storeSuite: readonly Check<Subject>[] = [
  ...declarationRules,
  ...storeRules,
  ...plainServerRules,
];

/** The rules of each side that a plugin may have. */
export const SUITES = { backend: backendSuite, sink: sinkSuite, store: storeSuite } as const;

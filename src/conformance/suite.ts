/**
 * The conformance suite: the rules for plugins, as code. This project's tests run it on the built-in plugins, and `contextcore
 * plugin check` runs it on everyone else's.
 */
import type { Check } from "./check.ts";
import { declarationRules } from "./declaration-rules.ts";
import { erasureRules } from "./erasure-rules.ts";
import { expiryRules } from "./expiry-rules.ts";
import { exportRules } from "./export-rules.ts";
import { faultRules } from "./fault-rules.ts";
import { lookRules } from "./look-rules.ts";
import { matchRules } from "./match-rules.ts";
import { patienceRules } from "./patience-rules.ts";
import { rangeRules } from "./range-rules.ts";
import { restoreRules } from "./restore-rules.ts";
import { secretRules } from "./secret-rules.ts";
import { sinkRules } from "./sink-rules.ts";
import { storeAfterFaults, storeCapabilityRules } from "./store-capability-rules.ts";
import { storeRules } from "./store-rules.ts";
import type { Subject } from "./subject.ts";

const serverRules = [...faultRules, ...patienceRules, ...secretRules];

/** In reading order: what the plugin declares, what it yields, how it fails. */
export const backendSuite: readonly Check<Subject>[] = [
  ...declarationRules,
  ...lookRules,
  ...exportRules,
  ...rangeRules,
  ...matchRules,
  ...serverRules,
  ...restoreRules,
  ...erasureRules,
  ...expiryRules,
];

/** The server rules that are not about an export. */
const plainServerRules = serverRules.filter(
  ({ name }) => name !== "flaky-server" && name !== "repeating-server",
);

/** For sinks, in the same order. */
export const sinkSuite: readonly Check<Subject>[] = [...declarationRules, ...sinkRules, ...plainServerRules];

/** For stores, in the same order. */
export const storeSuite: readonly Check<Subject>[] = [
  ...declarationRules,
  ...storeRules,
  ...storeCapabilityRules,
  ...plainServerRules,
  storeAfterFaults,
];

/** The rules for each side that a plugin may have. */
export const SUITES = { backend: backendSuite, sink: sinkSuite, store: storeSuite } as const;

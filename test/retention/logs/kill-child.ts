/** Compresses and removes what is due in a directory, until somebody kills it. */
import { carryOutLogs } from "../../../src/retention/logs/carry-out.ts";
import { planLogs } from "../../../src/retention/logs/plan.ts";
import { logPolicy } from "../../../src/retention/logs/policy.ts";
import { NEVER } from "../../../src/units/time-limit.ts";

const [directory = ""] = process.argv.slice(2);
const policy = logPolicy({ debug: "7d", info: "30d", warning: "90d", error: "365d" });
const open = { has: () => false, isPartial: false };
const { items } = await planLogs(directory, { policy, open, now: Date.now(), signal: NEVER });
process.stdout.write("planned\n");
await carryOutLogs(directory, items, {
  ...{ policy, open: () => open, stays: () => undefined, signal: NEVER, onFile: () => {} },
});
process.stdout.write("done\n");

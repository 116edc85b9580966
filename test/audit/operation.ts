/** A process that begins an operation, says so, and never ends it: `bun operation.ts FILE HOME OPERATION`. */
import { openTrail } from "../../src/audit/trail.ts";

const [file = "", home = "", operation = ""] = process.argv.slice(2);
const trail = openTrail({
  file,
  home,
  project: "shop",
  sinks: [],
  onWarning: (message) => process.stderr.write(`${message}\n`),
});
await trail.record({ operation, destructive: true, dataAffected: ["loki"] }, async () => {
  process.stdout.write("begun\n");
  await new Promise(() => setInterval(() => undefined, 60_000));
  return { result: undefined, ending: { outcome: "success" } };
});

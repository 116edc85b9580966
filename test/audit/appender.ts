/**
 * A process of its own that appends to a trail: `bun appender.ts FILE HOME COUNT NAME [AT-ONCE [ROTATE-BYTES]]`; prints each id
 * once it is durable.
 */
import { openTrail } from "../../src/audit/trail.ts";

const [file = "", home = "", count = "0", name = "", atOnce = "1", rotateBytes] = process.argv.slice(2);
const trail = openTrail({
  file,
  home,
  project: "shop",
  sinks: [],
  ...(rotateBytes === undefined ? {} : { rotateBytes: Number(rotateBytes) }),
  onWarning: (message) => process.stderr.write(`${message}\n`),
});
async function append(number: number): Promise<void> {
  const { id } = await trail.append({ operation: "export", outcome: "success", details: { name, number } });
  process.stdout.write(`${id}\n`);
}

for (let number = 0; number < Number(count); number += Number(atOnce)) {
  await Promise.all(Array.from({ length: Number(atOnce) }, (_, index) => append(number + index)));
}
await trail.close();

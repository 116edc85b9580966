/** A service that starts one task and goes on until it is killed: `bun service-process.ts DIRECTORY ORDER`. */
import { launched } from "./launched.ts";

const [directory = "", order = "{}"] = process.argv.slice(2);
const service = await launched(directory);
const run = await service.launcher.start(JSON.parse(order));
for await (const event of service.launcher.watch(run.id, new AbortController().signal))
  if (event.event !== "progress") console.log(JSON.stringify({ id: run.id, ...event }));
await Bun.sleep(600_000);

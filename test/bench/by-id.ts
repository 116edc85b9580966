/** `by-id.ts URL FILE`: fetches every trace of an export once, four at a time, and does nothing with it. */
import { argv } from "node:process";

const [url = "", file = ""] = argv.slice(2);
const AT_ONCE = 4;

const ids = new Set<string>();
for (const [, id = ""] of (await Bun.file(file).text()).matchAll(/"traceId":"([0-9a-f]{32})"/g)) ids.add(id);
const waiting = ids.values();

async function work(): Promise<void> {
  for (const id of waiting) {
    const answer = await fetch(`${url}/api/v2/traces/${id}`, { headers: { Accept: "application/protobuf" } });
    if (!answer.ok) throw new Error(`${id}: ${answer.status}`);
    await answer.bytes();
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));

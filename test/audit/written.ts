/** A trail with some events, and what proves it. */
import { seal } from "../../src/audit/format/chain.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import type { Folder } from "./folder.ts";

export const NEVER = new AbortController().signal;
/** A home that knows nothing: then only the chain speaks. */
export const NOBODY = "/nonexistent/home";

export const verify = (folder: Folder, home = NOBODY, publicKey?: string) =>
  verifyTrail({
    file: folder.file,
    home,
    project: "shop",
    sinks: [],
    signal: NEVER,
    ...(publicKey === undefined ? {} : { publicKey }),
  });

export const DETAILS = [
  { text: "Grüße \ufffd 🎉" },
  { n: -1.5e-7, list: [1, "a", null] },
  { 10: "a", 9: "b", nested: { b: 1, a: {} } },
  {},
];

export async function write(folder: Folder, count: number, rotateBytes = 1 << 20): Promise<void> {
  const trail = folder.open({ rotateBytes });
  for (let number = 0; number < count; number += 1) {
    const details = { ...DETAILS[number % DETAILS.length], number };
    await trail.append({ operation: "export", outcome: "success", details, dataAffected: ["loki:logs"] });
  }
  await trail.close();
}

/** What a forger does who knows the format: the same events with new hashes. */
export function rehash(lines: readonly string[]): string {
  let previous = "0".repeat(64);
  return lines
    .map((line) => {
      const { hash: _, ...event } = JSON.parse(line);
      const sealed = seal({ ...event, prev_hash: previous });
      previous = sealed.event.hash;
      return sealed.line;
    })
    .join("\n");
}

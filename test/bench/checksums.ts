/** `bun test/bench/checksums.ts SNAPSHOT`: verifies without parsing lines, which no flag of the program asks for, and prints MB/s. */
import { verifySnapshot } from "../../src/verify/verify.ts";

const { bytes, durationMs, sound } = await verifySnapshot(process.argv[2] ?? "", { depth: "checksums" });
if (!sound) throw new Error("the snapshot is damaged");
console.log((bytes / 1000 / durationMs).toFixed(0));

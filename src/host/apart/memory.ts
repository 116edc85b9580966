import { readFileSync } from "node:fs";

/** A process's memory, bytes, measured from outside; `undefined` if the system has no file for that. */
export function residentBytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Which files some program of this machine has open, as far as the system tells this user. */
import { readdirSync, readlinkSync, statSync } from "node:fs";
import type { Entry } from "./entries.ts";

/** What programs other than this process have open at one moment. */
export interface OpenFiles {
  has(entry: Pick<Entry, "dev" | "ino">): boolean;
  /** Programs of other users may have more open. */
  readonly isPartial: boolean;
}

/** Looks at every process that this one can see. */
export function openFiles(): OpenFiles {
  const found = new Set<string>();
  let isPartial = !seesAll();
  for (const pid of names("/proc") ?? []) {
    if (!/^\d+$/.test(pid) || pid === `${process.pid}`) continue;
    const open = names(`/proc/${pid}/fd`);
    if (open === undefined) isPartial = true;
    for (const fd of open ?? []) {
      const key = keyOf(`/proc/${pid}/fd/${fd}`);
      if (key !== undefined) found.add(key);
    }
  }
  return { isPartial, has: ({ dev, ino }) => found.has(`${dev}:${ino}`) };
}

/** What is open, looked at again when that was a while ago. */
export function watchOpenFiles(): () => OpenFiles {
  let [open, since] = [openFiles(), performance.now()];
  return () => {
    if (performance.now() - since > WHILE_MS) [open, since] = [openFiles(), performance.now()];
    return open;
  };
}

const WHILE_MS = 500;
/** The system's number of the namespace that has every process of the machine. */
const ALL_PROCESSES = "pid:[4026531836]";

/** A container has only its own processes in its `/proc`, and some systems show each user only theirs. */
function seesAll(): boolean {
  try {
    return process.getuid?.() === 0 && readlinkSync("/proc/self/ns/pid") === ALL_PROCESSES;
  } catch {
    return false;
  }
}

/** `undefined`: it is closed to us. Of what has just ended there are none. */
function names(directory: string): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" ? undefined : [];
  }
}

/** Sockets and pipes need not be looked at. */
function keyOf(path: string): string | undefined {
  try {
    if (!readlinkSync(path).startsWith("/")) return undefined;
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Identifies the process that wrote a `started` event, and distinguishes it from a later one with the same id. */
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** Identifies one process among all that ever ran on this machine. */
interface ProcessMark {
  readonly pid: number;
  /** Its start time in the system's own units; together with `pid` it is unique. */
  readonly start: string;
  /** The namespace that `pid` belongs to (Linux containers). */
  readonly namespace?: string;
}

/** The mark of a running process; `undefined` when no process has this id. */
export function markOf(pid: number): ProcessMark | undefined {
  const start = process.platform === "linux" ? startOnLinux(pid) : startElsewhere(pid);
  if (start === undefined) return undefined;
  const namespace = namespaceOf();
  return namespace === undefined ? { pid, start } : { pid, start, namespace };
}

/** `unknown` when it is in another namespace than ours, of the same boot. */
export function stateOf(mark: ProcessMark): "running" | "gone" | "unknown" {
  if (isOfAnotherBoot(mark)) return "gone";
  if (mark.namespace !== namespaceOf()) return "unknown";
  return markOf(mark.pid)?.start === mark.start ? "running" : "gone";
}

/** Reads a mark back from an event's details. */
export function toProcessMark(value: unknown): ProcessMark | undefined {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("start" in value))
    return undefined;
  const { pid, start } = value;
  if (typeof pid !== "number" || typeof start !== "string") return undefined;
  const namespace = "namespace" in value ? value.namespace : undefined;
  return typeof namespace === "string" ? { pid, start, namespace } : { pid, start };
}

/** The boot id, and clock ticks since boot: proc_pid_stat(5), field 22. A zombie counts as gone. */
function startOnLinux(pid: number): string | undefined {
  const stat = readOptional(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z") return undefined;
  return `${readOptional("/proc/sys/kernel/random/boot_id")?.trim()}/${fields[19]}`;
}

/** Nothing outlives the boot that it ran in, whatever container it was in. */
function isOfAnotherBoot({ start }: ProcessMark): boolean {
  const [boot, ticks] = start.split("/");
  const ours = startOnLinux(process.pid)?.split("/")[0];
  return ticks !== undefined && ours !== undefined && boot !== ours;
}

function startElsewhere(pid: number): string | undefined {
  if (process.platform === "win32") return isThere(pid) ? "unknown" : undefined;
  const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    env: { LC_ALL: "C", TZ: "UTC" },
  });
  return stdout?.toString().trim() || undefined;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function namespaceOf(): string | undefined {
  try {
    return process.platform === "linux" ? readlinkSync("/proc/self/ns/pid") : undefined;
  } catch {
    return undefined;
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

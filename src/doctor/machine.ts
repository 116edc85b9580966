/** Examines this program, the free disk space, and the command that would destroy the stack. */
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { refusalOf } from "../destroy/policy/judge.ts";
import { estimateExport, estimateText } from "../inventory/export-size.ts";
import type { Surveyed } from "../inventory/survey.ts";
import { wholeRange } from "../inventory/whole-range.ts";
import { commandText } from "../programs/command-text.ts";
import { checkCommand } from "../programs/run-command.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { isThere, requireWritable } from "../storage/entries.ts";
import { freeBytes } from "../storage/free-space.ts";
import { formatBytes } from "../units/bytes.ts";
import { type DoctorDiagnostic, problemOf } from "./diagnostic.ts";

const DOCKER_LIMIT_MS = 10_000;

/** Describes this program; never a problem. @param version of this program */
export const examineBinary = (version: string): DoctorDiagnostic => ({
  subject: "binary",
  severity: "ok",
  message: `contextcore ${version}, Bun ${Bun.version}, ${process.platform}-${process.arch}${Bun.isStandaloneExecutable ? "" : ", from source"}`,
});

/** Whether an export of everything would fit, and could be written. @param now ns */
export async function examineDisk(
  { backups }: Config,
  surveyed: readonly Surveyed[],
  now: bigint,
): Promise<DoctorDiagnostic[]> {
  const parts = surveyed.flatMap((finding) =>
    finding.state === "reached" ? [{ finding, range: wholeRange(finding, now) }] : [],
  );
  const silent = surveyed.filter(({ state }) => state !== "reached").map(({ name }) => name);
  // An unreadable directory is reported below as one that cannot be written.
  const { snapshots } = await readKept(backups).catch(() => ({ snapshots: [] }));
  const needed = estimateExport(parts, snapshots);
  const free = freeBytes(backups);
  const room =
    free === undefined ? "the system does not report how much is free" : `${formatBytes(free)} free`;
  const message = `${backups}: ${room}, and an export of everything ${needed.known ? `takes ${estimateText(needed, silent)}` : "is of unknown size: no server says how much it holds"}`;
  const hint =
    "Free some space, or set `backups` to a larger disk; with `--compress zstd` an export takes about a tenth.";
  // Where there is no space at all, such as /proc, nothing can be written.
  const full = free !== undefined && (free === 0 || free < needed.high);
  return [
    { subject: "disk", severity: full ? "warning" : "ok", message, ...(full ? { hint } : {}) },
    ...unwritable(backups),
  ];
}

function unwritable(directory: string): DoctorDiagnostic[] {
  let place = directory;
  while (!isThere(place) && dirname(place) !== place) place = dirname(place);
  try {
    requireWritable(place);
    return [];
  } catch (error) {
    return [problemOf("disk", error)];
  }
}

/** Checks the configured command, and if it uses Docker, also Docker itself. */
export async function examineDestroy({ destroy, directory, env }: Config): Promise<DoctorDiagnostic> {
  const shown = commandText(destroy.command);
  const refusal = refusalOf(destroy);
  if (refusal !== undefined)
    return { subject: "destroy", severity: "problem", message: refusal.message, hint: refusal.hint };
  try {
    checkCommand({ ...destroy, setting: "destroy.command", directory, env });
  } catch (error) {
    return { ...problemOf("destroy", error), severity: "warning" };
  }
  if (destroy.command[0] !== "docker")
    return { subject: "destroy", severity: "ok", message: `would run ${shown}` };
  const said = await askDocker(directory, env);
  if (said === undefined)
    return { subject: "destroy", severity: "ok", message: `would run ${shown}; Docker answers` };
  return {
    subject: "destroy",
    severity: "warning",
    message: `would run ${shown}, but Docker does not answer: ${said}`,
  };
}

/** `undefined` when it answers. */
async function askDocker(cwd: string, env: Config["env"]): Promise<string | undefined> {
  const child = Bun.spawn(["docker", "version", "--format", "{{.Server.Version}}"], {
    cwd,
    env: { ...env },
    stdout: "ignore",
    stderr: "pipe",
    timeout: DOCKER_LIMIT_MS,
  });
  const said = (await new Response(child.stderr).text()).trim().split("\n")[0] ?? "";
  return (await child.exited) === 0 ? undefined : said || "it took too long";
}

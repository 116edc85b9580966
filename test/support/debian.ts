/** Programs of Debian for tests: installed when they are not there, on their own, without changing this machine. */
import { resolve } from "node:path";

const INSTALL = resolve(import.meta.dir, "install-debian.sh");

/** The path that starts a program. Called when a file is loaded: the first time it is fetched, which no test's time limit should count. */
export function debianProgram(of: {
  readonly package: string;
  readonly program: string;
  /** Default: this machine's release. */
  readonly suite?: string;
}): string {
  const installed = Bun.spawnSync([INSTALL, of.suite ?? "own", of.package, of.program], { stderr: "pipe" });
  if (installed.exitCode !== 0) throw new Error(`no ${of.program} for the tests:\n${installed.stderr}`);
  return installed.stdout.toString().trim();
}

/** Real programs that tests run; Debian's packages of the same names. */

/**
 * Installs those that are not there.
 * @throws Error naming what is needed where they cannot be installed: a test is never skipped for it
 */
export function needPrograms(...programs: readonly string[]): void {
  const missing = programs.filter((program) => Bun.which(program) === null);
  if (missing.length === 0) return;
  // The lists of a fresh machine are empty or old.
  const done = apt("update") && apt("install", "-y", "--no-install-recommends", ...missing);
  if (!done) throw new Error(`these programs are needed and could not be installed: ${missing.join(", ")}`);
}

function apt(...args: readonly string[]): boolean {
  if (Bun.which("apt-get") === null) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return (
    Bun.spawnSync(["apt-get", "-qq", ...args], { env, stdout: "ignore", stderr: "inherit" }).exitCode === 0
  );
}

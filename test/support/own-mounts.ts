/** Programs of Debian that insist on directories of the system: they get these in a mount namespace of their own. */

/** Whether this machine lets us have one. */
export const canMount: boolean =
  Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], { stderr: "ignore" }).exitCode ===
  0;

/** The words that run a command where `directory` is empty but for what `fill` (shell) puts there. */
export const withOwn = (directory: string, fill: string, command: readonly string[]): string[] => [
  "unshare",
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs none ${directory} && ${fill} && exec "$@"`,
  "sh",
  ...command,
];

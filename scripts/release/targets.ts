/** What is released, and how each is compiled. */
export interface Target {
  /** As Bun names it. */
  readonly bun: `bun-${string}`;
  /** The released file. */
  readonly file: string;
}

export const TARGETS: readonly Target[] = [
  { bun: "bun-linux-x64", file: "contextcore-linux-x64" },
  // For processors without AVX2.
  { bun: "bun-linux-x64-baseline", file: "contextcore-linux-x64-baseline" },
  { bun: "bun-linux-arm64", file: "contextcore-linux-arm64" },
  { bun: "bun-linux-x64-musl", file: "contextcore-linux-x64-musl" },
  { bun: "bun-linux-arm64-musl", file: "contextcore-linux-arm64-musl" },
  { bun: "bun-darwin-arm64", file: "contextcore-darwin-arm64" },
  { bun: "bun-darwin-x64", file: "contextcore-darwin-x64" },
  { bun: "bun-windows-x64", file: "contextcore-windows-x64.exe" },
];

/** The flags of `make build` (package.json), for another target and place. */
export function buildArguments(script: string, target: Target, path: string): string[] {
  const [, ...words] = script.split(" ");
  const at = words.indexOf("--outfile");
  if (words[0] !== "build" || at < 0)
    throw new Error(`package.json: the script "build" is not \`bun build … --outfile\``);
  return [...words.slice(0, at), `--target=${target.bun}`, "--outfile", path];
}

/** True when this machine can run the target's program. */
export function runsHere({ bun }: Target): boolean {
  const [, os, arch] = bun.split("-");
  const here = { linux: "linux", darwin: "darwin", win32: "windows" }[String(process.platform)];
  return os === here && arch === process.arch && (!bun.endsWith("-musl") || hasMusl());
}

const hasMusl = (): boolean => [...new Bun.Glob("ld-musl-*").scanSync({ cwd: "/lib" })].length > 0;

import { existsSync } from "node:fs";
import { join } from "node:path";

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

/**
 * What stands before the target's program to run it on this machine: nothing, or QEMU for the other processor;
 * `undefined` when it cannot be run here.
 */
export function runnerOf(target: Target, machine: Machine = here()): readonly string[] | undefined {
  const [, os, arch = ""] = target.bun.split("-");
  if (os !== machine.os) return undefined;
  if (os !== "linux") return arch === machine.arch ? [] : undefined;
  const emulated = arch !== machine.arch;
  const qemu = emulated ? machine.qemu(arch) : undefined;
  if (emulated && qemu === undefined) return undefined;
  // QEMU looks for the other processor's libraries in a folder of its own.
  const root = emulated ? machine.qemuRoot : "/";
  const libraries = LIBRARIES[target.bun.endsWith("-musl") ? "musl" : "glibc"](arch);
  if (!libraries.every((one) => machine.has(join(root, one)))) return undefined;
  return qemu === undefined ? [] : [qemu];
}

/** What the check asks of the machine. */
export interface Machine {
  readonly os: string;
  readonly arch: string;
  /** Where the libraries of another processor are. */
  readonly qemuRoot: string;
  /** The path of the emulator of a processor. */
  readonly qemu: (arch: string) => string | undefined;
  readonly has: (path: string) => boolean;
}

const PROCESSORS: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
const processor = (arch: string): string => PROCESSORS[arch] ?? arch;

/** The loader, and what the program is linked to besides libc (`readelf -d`). */
const LIBRARIES: Readonly<Record<"glibc" | "musl", (arch: string) => readonly string[]>> = {
  glibc: (arch) => [arch === "x64" ? "lib64/ld-linux-x86-64.so.2" : `lib/ld-linux-${processor(arch)}.so.1`],
  musl: (arch) => [`lib/ld-musl-${processor(arch)}.so.1`, "usr/lib/libstdc++.so.6"],
};

const here = (): Machine => ({
  os: { linux: "linux", darwin: "darwin", win32: "windows" }[String(process.platform)] ?? process.platform,
  arch: process.arch,
  qemuRoot: process.env.QEMU_LD_PREFIX ?? "/",
  qemu: (arch) =>
    Bun.which(`qemu-${processor(arch)}-static`) ?? Bun.which(`qemu-${processor(arch)}`) ?? undefined,
  has: existsSync,
});
